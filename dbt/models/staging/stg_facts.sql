select
    ad_account_id,
    grain,
    object_id,
    segment,
    date,
    as_of,
    deployment_id,
    -- A campaign is its own campaign; what cuts a campaign another way has its id, and a creative that several share has it as its segment.
    case
        when grain in ('campaign', 'geo', 'device', 'audience') then object_id
        when grain = 'creative' then coalesce(campaign_id, nullif(segment, ''))
        else campaign_id
    end as campaign_id,
    ad_group_id,
    label,
    currency,
    impressions,
    clicks,
    spend_micros
from {{ source('zamc', 'analytics') }}
