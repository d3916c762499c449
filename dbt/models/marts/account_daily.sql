select
    account.platform,
    account.project_id,
    project.project_name,
    r.ad_account_id,
    account.external_id as account_external_id,
    r.currency,
    r.date,
    {{ report_columns(expected=true) }}
from {{ ref('int_account_days') }} as r
inner join {{ ref('stg_ad_accounts') }} as account on r.ad_account_id = account.ad_account_id
inner join {{ ref('stg_projects') }} as project on account.project_id = project.project_id
inner join {{ ref('calendar') }} as day on r.ad_account_id = day.ad_account_id and r.date = day.date
{{ nowcast_join('account') }}
