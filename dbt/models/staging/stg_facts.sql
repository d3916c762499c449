select
    ad_account_id,
    grain,
    object_id,
    segment,
    date,
    as_of,
    deployment_id,
    -- A campaign is its own campaign.
    case when grain = 'campaign' then object_id else campaign_id end as campaign_id,
    ad_group_id,
    label,
    currency,
    impressions,
    clicks,
    spend_micros
from {{ source('zamc', 'analytics') }}
