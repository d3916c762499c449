{#-
  Rows of one grain, and explicit rows for what the platform credits to none of them: per campaign (campaign - its rows) and per account
  (account - its campaigns). So every grain sums to the account of the same day and currency. Rows whose campaign was not reported make
  their remainder negative, which a test refuses.
-#}

{#- Which platforms answer which grain. Each is a query of its own there. -#}
{% macro platforms_of(grain) -%}
{{ return({
    'keyword': ['google_ads'],
    'search_term': ['google_ads'],
}.get(grain, ['google_ads', 'meta_ads'])) }}
{%- endmacro %}

{% macro sums_of_measures() -%}
, max(built_at) as built_at
{%- for measure in measures() %}, sum({{ measure }}) as {{ measure }}{% endfor %}
{%- endmacro %}

{% macro differences_of_measures() -%}
,
        coalesce(whole.built_at, parts.built_at) as built_at
        {%- for measure in measures() %},
        coalesce(whole.{{ measure }}, 0) - coalesce(parts.{{ measure }}, 0) as {{ measure }}
        {%- endfor %}
{%- endmacro %}

{% macro any_measure() -%}
({% for measure in measures() %}{{ measure }} <> 0{{ ' or ' if not loop.last }}{% endfor %})
{%- endmacro %}

{% macro grain_by_day(grain) %}
with touched as (
    {{ touched_days() }}
),

latest as (
    {%- set asked = "known.grain in ('" ~ grain ~ "', 'campaign', 'account')" %}
    select fact.*
    from {{ rows_of('touched', ref('int_latest'), few=is_incremental(), only=asked) }}
    where day.platform in ('{{ platforms_of(grain) | join("', '") }}')
),

objects as (
    select * from latest where grain = '{{ grain }}'
),

campaigns as (
    select * from latest where grain = 'campaign'
),

accounts as (
    select * from latest where grain = 'account'
),

of_objects as (
    select ad_account_id, coalesce(campaign_id, '') as campaign_id, currency, date {{- sums_of_measures() }}
    from objects
    group by 1, 2, 3, 4
),

of_campaigns as (
    select ad_account_id, currency, date {{- sums_of_measures() }}
    from campaigns
    group by 1, 2, 3
),

left_of_campaigns as (
    select
        coalesce(whole.ad_account_id, parts.ad_account_id) as ad_account_id,
        coalesce(whole.campaign_id, parts.campaign_id) as campaign_id,
        coalesce(whole.currency, parts.currency) as currency,
        coalesce(whole.date, parts.date) as date,
        whole.deployment_id,
        whole.as_of
        {{- differences_of_measures() }}
    from campaigns as whole
    full outer join of_objects as parts
        on whole.ad_account_id = parts.ad_account_id and whole.campaign_id = parts.campaign_id
        and whole.currency = parts.currency and whole.date = parts.date
),

left_of_accounts as (
    select
        coalesce(whole.ad_account_id, parts.ad_account_id) as ad_account_id,
        coalesce(whole.currency, parts.currency) as currency,
        coalesce(whole.date, parts.date) as date,
        whole.as_of
        {{- differences_of_measures() }}
    from accounts as whole
    full outer join of_campaigns as parts
        on whole.ad_account_id = parts.ad_account_id and whole.currency = parts.currency and whole.date = parts.date
),

rows_and_rest as (
    select ad_account_id, currency, date, campaign_id, ad_group_id, object_id, segment, label as name, deployment_id, as_of, built_at
        {%- for measure in measures() %}, {{ measure }}{% endfor %}
    from objects
    {%- if grain not in ('campaign', 'account') %}
    union all
    select ad_account_id, currency, date, campaign_id, null, '{{ var("not_attributed") }}', '', null, deployment_id, as_of, built_at
        {%- for measure in measures() %}, {{ measure }}{% endfor %}
    from left_of_campaigns
    where {{ any_measure() }}
    {%- endif %}
    {%- if grain != 'account' %}
    union all
    select ad_account_id, currency, date, '{{ var("not_attributed") }}', null, '{{ var("not_attributed") }}', '', null, null, as_of, built_at
        {%- for measure in measures() %}, {{ measure }}{% endfor %}
    from left_of_accounts
    where {{ any_measure() }}
    {%- endif %}
)

select
    r.ad_account_id,
    r.currency,
    r.date,
    r.campaign_id,
    r.ad_group_id,
    r.object_id,
    r.segment,
    r.name,
    r.deployment_id,
    r.object_id <> '{{ var("not_attributed") }}' as is_attributed,
    r.as_of
    {%- for measure in measures() %},
    r.{{ measure }}
    {%- endfor %},
    r.built_at
from rows_and_rest as r
{{ and_archived() }}
{% endmacro %}


{#- The columns that every report has beside its own: which day it is, how far it may still move, the figures, the reporting currency. -#}
{% macro report_columns(expected=false) -%}
r.is_attributed,
    day.is_closed,
    day.is_moving,
    day.settles_on,
    {{ metrics('r.') }},
    {%- if expected %}
    {{ expected_columns() }},
    {%- endif %}
    day.reporting_currency,
    day.rate as exchange_rate,
    day.rate_date as exchange_rate_date,
    {{ in_reporting_currency('spend') }} as spend_in_reporting_currency,
    {{ in_reporting_currency('value') }} as value_in_reporting_currency,
    r.as_of,
    r.built_at
{%- endmacro %}

{#- Beside the original, never in its place; null where the day has no rate. -#}
{% macro in_reporting_currency(name) -%}
round(cast({{ amount(name, 'r.') }} * day.rate as {{ exact() }}), 6)
{%- endmacro %}

{#- A report below the campaign: one object by day. -#}
{% macro daily(grain) %}
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
    r.segment,
    r.name,
    {{ report_columns() }}
from {{ ref('int_' ~ grain ~ '_days') }} as r
inner join {{ ref('stg_ad_accounts') }} as account on r.ad_account_id = account.ad_account_id
inner join {{ ref('calendar') }} as day on r.ad_account_id = day.ad_account_id and r.date = day.date
{% endmacro %}
