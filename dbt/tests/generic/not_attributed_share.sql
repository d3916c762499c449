{#- Share of an account's spend of a closed day that is credited to no row. Some is normal; much of it means that a query misses something. -#}
{% test not_attributed_share(model, most) %}
select ad_account_id, currency, date,
    sum(case when is_attributed then 0 else spend_micros end) as not_attributed_micros,
    sum(spend_micros) as spend_micros
from {{ model }}
where is_closed
group by 1, 2, 3
having sum(case when is_attributed then 0 else spend_micros end) > {{ most }} * sum(spend_micros)
{% endtest %}
