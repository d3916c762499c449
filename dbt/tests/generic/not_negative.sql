{#-
  Nothing that is counted is below zero. Amounts may be, where a platform takes something back; on a row of our own, not_attributed, an amount
  below zero means that parts were reported that are more than their whole, unless such a correction is what makes it so.
-#}
{% test not_negative(model, columns, amounts=[]) %}
with below_zero as materialized (
    select * from {{ model }}
    where {% for column in columns %}{{ column }} < 0{{ ' or ' if not loop.last }}{% endfor %}
        {%- for amount in amounts %} or (not is_attributed and {{ amount }} < 0){% endfor %}
)

select found.* from below_zero as found
where {% for column in columns %}found.{{ column }} < 0{{ ' or ' if not loop.last }}{% endfor %}
    {%- for amount in amounts %}
    or (not found.is_attributed and found.{{ amount }} < 0 and not exists (
        select 1 from {{ ref('int_latest') }} as correction
        where correction.ad_account_id = found.ad_account_id and correction.date = found.date and correction.{{ amount }} < 0
    ))
    {%- endfor %}
{% endtest %}
