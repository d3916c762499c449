select
    id as ad_account_id,
    project_id,
    platform,
    external_id,
    currency,
    time_zone
from {{ source('zamc', 'ad_accounts') }}
