-- Account and day: whether it is over, whether its figures still move, and the day's exchange rate. Every report has these columns from here.
with rates as (
    select distinct on (account.ad_account_id, day.date)
        account.ad_account_id,
        day.date,
        rate.rate,
        rate.date as rate_date
    from {{ ref('stg_synced_days') }} as day
    inner join {{ ref('stg_ad_accounts') }} as account on day.ad_account_id = account.ad_account_id
    inner join {{ ref('stg_exchange_rates') }} as rate
        on account.currency = rate.base and account.reporting_currency = rate.quote
        and rate.date <= day.date and rate.date > {{ days_after('day.date', -var('rate_reaches_days')) }}
    order by account.ad_account_id, day.date, rate.date desc
)

select
    day.ad_account_id,
    account.project_id,
    account.platform,
    account.currency,
    day.date,
    day.read_at,
    -- The day was over when it was last read: no hours of it are missing.
    day.read_on > day.date as is_closed,
    {{ days_after('day.date', 'settling.settles_after_days') }} as settles_on,
    -- It was last read before the platform had stopped to credit conversions to it.
    day.read_on < {{ days_after('day.date', 'settling.settles_after_days') }} as is_moving,
    account.reporting_currency,
    case when account.currency = account.reporting_currency then 1 else rates.rate end as rate,
    case when account.currency = account.reporting_currency then day.date else rates.rate_date end as rate_date
from {{ ref('stg_synced_days') }} as day
inner join {{ ref('stg_ad_accounts') }} as account on day.ad_account_id = account.ad_account_id
inner join {{ ref('stg_settling') }} as settling on day.ad_account_id = settling.ad_account_id
left join rates on day.ad_account_id = rates.ad_account_id and day.date = rates.date
