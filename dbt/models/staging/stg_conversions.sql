select
    ad_account_id,
    grain,
    object_id,
    segment,
    date,
    as_of,
    action,
    attribution_window,
    counted,
    conversions,
    value_micros
from {{ source('zamc', 'analytics_conversions') }}
