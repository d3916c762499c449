select
    day.ad_account_id,
    day.date,
    day.ticket,
    day.as_of as read_at,
    day.recorded_at,
    -- The account's own date when the day was last read.
    cast(day.as_of at time zone account.time_zone as date) as read_on
from {{ source('zamc', 'analytics_days') }} as day
inner join {{ source('zamc', 'ad_accounts') }} as account on day.ad_account_id = account.id
