with rows_and_rest as (
    {{ with_not_attributed('campaign') }}
)

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
    r.object_id <> '{{ var("not_attributed") }}' as is_attributed,
    coalesce(day.is_closed, false) as is_closed,
    {{ metrics() }}
from rows_and_rest as r
inner join {{ ref('stg_ad_accounts') }} as account on r.ad_account_id = account.ad_account_id
inner join {{ ref('stg_projects') }} as project on account.project_id = project.project_id
left join {{ ref('stg_deployments') }} as deployment on r.deployment_id = deployment.deployment_id
left join {{ ref('stg_strategies') }} as strategy on deployment.strategy_id = strategy.strategy_id
left join {{ ref('stg_synced_days') }} as day on r.ad_account_id = day.ad_account_id and r.date = day.date
