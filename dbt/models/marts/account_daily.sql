select
    performance.platform,
    account.project_id,
    project.project_name,
    performance.ad_account_id,
    account.external_id as account_external_id,
    performance.currency,
    performance.date,
    performance.as_of,
    coalesce(day.is_closed, false) as is_closed,
    {{ metrics() }}
from {{ ref('int_performance') }} as performance
inner join {{ ref('stg_ad_accounts') }} as account on performance.ad_account_id = account.ad_account_id
inner join {{ ref('stg_projects') }} as project on account.project_id = project.project_id
left join {{ ref('stg_synced_days') }} as day on performance.ad_account_id = day.ad_account_id and performance.date = day.date
where performance.grain = 'account'
