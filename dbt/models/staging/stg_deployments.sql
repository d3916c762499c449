select
    deployment.id as deployment_id,
    deployment.project_id,
    deployment.ad_account_id,
    deployment.asset_id as creative_set_id,
    asset.strategy_id,
    deployment.platform,
    deployment.kind as campaign_kind,
    deployment.name as deployment_name,
    deployment.status,
    deployment.currency,
    deployment.daily_budget_micros,
    deployment.starts_on,
    deployment.ends_on
from {{ source('zamc', 'deployments') }} as deployment
inner join {{ source('zamc', 'assets') }} as asset on deployment.asset_id = asset.id
