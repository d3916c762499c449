-- Every action and window of a campaign as it is known now, counted or not.
{{ config(indexes=[{'columns': ['ad_account_id', 'date']}, {'columns': ['built_at']}]) }}

with touched as (
    {{ touched_days() }}
),

campaigns as (
    select fact.*
    from {{ rows_of('touched', ref('int_latest'), few=is_incremental(), only="known.grain = 'campaign'") }}
),

conversions as (
    select fact.*
    from {{ rows_of('touched', ref('stg_conversions'), few=is_incremental(), only="known.grain = 'campaign'") }}
)

select
    campaign.ad_account_id,
    campaign.currency,
    campaign.date,
    campaign.campaign_id,
    campaign.deployment_id,
    conversion.action,
    conversion.attribution_window,
    conversion.counted,
    conversion.conversions,
    conversion.value_micros,
    campaign.as_of,
    campaign.built_at
from campaigns as campaign
inner join conversions as conversion
    on campaign.ad_account_id = conversion.ad_account_id and campaign.object_id = conversion.object_id
    and campaign.segment = conversion.segment and campaign.date = conversion.date and campaign.as_of = conversion.as_of
{{ and_archived() }}
