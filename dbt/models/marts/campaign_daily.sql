select
    account.platform,
    account.project_id,
    project.project_name,
    deployment.strategy_id,
    strategy.brief_name,
    strategy.goal,
    r.deployment_id,
    deployment.campaign_kind,
    r.ad_account_id,
    r.currency,
    r.date,
    r.campaign_id,
    r.object_id,
    r.name,
    {{ report_columns(expected=true) }}
from {{ ref('int_campaign_days') }} as r
inner join {{ ref('stg_ad_accounts') }} as account on r.ad_account_id = account.ad_account_id
inner join {{ ref('stg_projects') }} as project on account.project_id = project.project_id
inner join {{ ref('calendar') }} as day on r.ad_account_id = day.ad_account_id and r.date = day.date
{{ nowcast_join('campaign') }}
left join {{ ref('stg_deployments') }} as deployment on r.deployment_id = deployment.deployment_id
left join {{ ref('stg_strategies') }} as strategy on deployment.strategy_id = strategy.strategy_id
