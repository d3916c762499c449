select
    day.ad_account_id,
    day.date,
    day.as_of as read_at,
    -- A day was over when it was last read: its figures may still be revised, but not because hours of it were missing.
    cast(day.as_of at time zone account.time_zone as date) > day.date as is_closed
from {{ source('zamc', 'analytics_days') }} as day
inner join {{ source('zamc', 'ad_accounts') }} as account on day.ad_account_id = account.id
