{#-
  Rows of one grain, and explicit rows for what the platform credits to none of them: per campaign (campaign - its rows) and per account
  (account - its campaigns). So every grain sums to the account of the same day and currency. Rows whose campaign was not reported make
  their remainder negative, which a test refuses.
-#}

{% macro with_not_attributed(grain, platforms=['google_ads', 'meta_ads']) %}
with performance as (
    select * from {{ ref('int_performance') }}
    where platform in ('{{ platforms | join("', '") }}')
),

objects as (
    select * from performance where grain = '{{ grain }}'
),

campaigns as (
    select * from performance where grain = 'campaign'
),

accounts as (
    select * from performance where grain = 'account'
),

of_objects as (
    select ad_account_id, coalesce(campaign_id, '') as campaign_id, currency, date
        {%- for measure in measures() %}, sum({{ measure }}) as {{ measure }}{% endfor %}
    from objects
    group by 1, 2, 3, 4
),

of_campaigns as (
    select ad_account_id, currency, date
        {%- for measure in measures() %}, sum({{ measure }}) as {{ measure }}{% endfor %}
    from campaigns
    group by 1, 2, 3
),

left_of_campaigns as (
    select
        coalesce(whole.ad_account_id, parts.ad_account_id) as ad_account_id,
        coalesce(whole.campaign_id, parts.campaign_id) as campaign_id,
        coalesce(whole.currency, parts.currency) as currency,
        coalesce(whole.date, parts.date) as date,
        whole.deployment_id
        {%- for measure in measures() %},
        coalesce(whole.{{ measure }}, 0) - coalesce(parts.{{ measure }}, 0) as {{ measure }}
        {%- endfor %}
    from campaigns as whole
    full outer join of_objects as parts
        on whole.ad_account_id = parts.ad_account_id and whole.campaign_id = parts.campaign_id
        and whole.currency = parts.currency and whole.date = parts.date
),

left_of_accounts as (
    select
        coalesce(whole.ad_account_id, parts.ad_account_id) as ad_account_id,
        coalesce(whole.currency, parts.currency) as currency,
        coalesce(whole.date, parts.date) as date
        {%- for measure in measures() %},
        coalesce(whole.{{ measure }}, 0) - coalesce(parts.{{ measure }}, 0) as {{ measure }}
        {%- endfor %}
    from accounts as whole
    full outer join of_campaigns as parts
        on whole.ad_account_id = parts.ad_account_id and whole.currency = parts.currency and whole.date = parts.date
)

select ad_account_id, currency, date, campaign_id, ad_group_id, object_id, label as name, deployment_id
    {%- for measure in measures() %}, {{ measure }}{% endfor %}
from objects
{%- if grain != 'campaign' %}
union all
select ad_account_id, currency, date, campaign_id, null, '{{ var("not_attributed") }}', null, deployment_id
    {%- for measure in measures() %}, {{ measure }}{% endfor %}
from left_of_campaigns
where {% for measure in measures() %}{{ measure }} <> 0{{ ' or ' if not loop.last }}{% endfor %}
{%- endif %}
union all
select ad_account_id, currency, date, '{{ var("not_attributed") }}', null, '{{ var("not_attributed") }}', null, null
    {%- for measure in measures() %}, {{ measure }}{% endfor %}
from left_of_accounts
where {% for measure in measures() %}{{ measure }} <> 0{{ ' or ' if not loop.last }}{% endfor %}
{% endmacro %}


{#- A report below the campaign: one object by day. -#}
{% macro daily(grain, platforms=['google_ads', 'meta_ads']) %}
with rows_and_rest as (
    {{ with_not_attributed(grain, platforms) }}
)

select
    account.platform,
    account.project_id,
    r.deployment_id,
    r.ad_account_id,
    r.currency,
    r.date,
    r.campaign_id,
    r.ad_group_id,
    r.object_id,
    r.name,
    r.object_id <> '{{ var("not_attributed") }}' as is_attributed,
    coalesce(day.is_closed, false) as is_closed,
    {{ metrics() }}
from rows_and_rest as r
inner join {{ ref('stg_ad_accounts') }} as account on r.ad_account_id = account.ad_account_id
left join {{ ref('stg_synced_days') }} as day on r.ad_account_id = day.ad_account_id and r.date = day.date
{% endmacro %}
