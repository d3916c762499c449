-- Every action and window of a campaign as it is known now, counted or not.
{{ config(indexes=[{'columns': ['ad_account_id', 'date']}, {'columns': ['built_at']}]) }}

with touched as (
    {{ touched_days() }}
)

select
    latest.ad_account_id,
    latest.currency,
    latest.date,
    latest.campaign_id,
    latest.deployment_id,
    conversion.action,
    conversion.attribution_window,
    conversion.counted,
    conversion.conversions,
    conversion.value_micros,
    latest.as_of,
    day.built_at
from touched as day
inner join {{ ref('int_latest') }} as latest
    on day.ad_account_id = latest.ad_account_id and day.date = latest.date and latest.grain = 'campaign'
inner join {{ ref('stg_conversions') }} as conversion
    on latest.ad_account_id = conversion.ad_account_id and latest.grain = conversion.grain
    and latest.object_id = conversion.object_id and latest.segment = conversion.segment
    and latest.date = conversion.date and latest.as_of = conversion.as_of
{{ and_archived() }}
