{#-
  Sum of a report's rows = the account, by day and currency. attributed_only leaves our own remainder rows out, and so compares two queries
  that the platform answered separately; then days count that were over when they were read, since an open day grows between two queries.
-#}
{% test balances_with_account(model, account, attributed_only=false, platforms=none) %}
with wholes as (
    select * from {{ account }}
    where {{ checked_days() }}
    {%- if attributed_only %} and is_closed{% endif %}
    {%- if platforms %} and platform in ('{{ platforms | join("', '") }}'){% endif %}
),

parts as (
    select ad_account_id, currency, date
        {%- for measure in measures() %}, sum({{ measure }}) as {{ measure }}{% endfor %}
    from {{ model }}
    where {{ checked_days() }}
    {%- if attributed_only %} and is_closed and is_attributed{% endif %}
    group by 1, 2, 3
)

select
    coalesce(wholes.ad_account_id, parts.ad_account_id) as ad_account_id,
    coalesce(wholes.currency, parts.currency) as currency,
    coalesce(wholes.date, parts.date) as date
    {%- for measure in measures() %},
    coalesce(wholes.{{ measure }}, 0) as {{ measure }}_of_account,
    coalesce(parts.{{ measure }}, 0) as {{ measure }}_of_parts
    {%- endfor %}
from wholes
full outer join parts
    on wholes.ad_account_id = parts.ad_account_id and wholes.currency = parts.currency and wholes.date = parts.date
where {% for measure in measures() %}coalesce(wholes.{{ measure }}, 0) <> coalesce(parts.{{ measure }}, 0){{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
