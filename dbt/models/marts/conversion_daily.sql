-- Every action and window that the platforms report, per campaign: windows overlap, so that only `counted` rows may be added up.
select
    account.platform,
    account.project_id,
    r.deployment_id,
    r.ad_account_id,
    r.currency,
    r.date,
    r.campaign_id,
    r.action,
    r.attribution_window,
    r.counted,
    day.is_closed,
    day.is_moving,
    day.settles_on,
    r.conversions,
    r.value_micros,
    {{ units('r.value_micros') }} as value,
    r.as_of,
    r.built_at
from {{ ref('int_conversion_days') }} as r
inner join {{ ref('stg_ad_accounts') }} as account on r.ad_account_id = account.ad_account_id
inner join {{ ref('calendar') }} as day on r.ad_account_id = day.ad_account_id and r.date = day.date
