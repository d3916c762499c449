select
    ad_account_id,
    grain,
    object_id,
    date,
    action,
    as_of,
    reported,
    conversions,
    low,
    high,
    completeness,
    settled
from {{ source('zamc', 'nowcasts') }}
