-- From a brief to revenue: which strategy's creative set became which creative on a platform, and what that has earned so far. Sums of one
-- currency; the row not_attributed is what a campaign earned that the platform credits to no creative.
with sums as (
    select
        creative.ad_account_id,
        creative.deployment_id,
        creative.platform,
        creative.currency,
        creative.campaign_id,
        creative.object_id as creative_id,
        creative.is_attributed,
        max(creative.name) as creative_name,
        min(creative.date) as first_day,
        max(creative.date) as last_day,
        -- Any of its days may still change.
        max(case when creative.is_moving then 1 else 0 end) = 1 as is_moving
        {%- for measure in measures() %},
        sum(creative.{{ measure }}) as {{ measure }}
        {%- endfor %}
    from {{ ref('creative_daily') }} as creative
    where creative.deployment_id is not null
    group by 1, 2, 3, 4, 5, 6, 7
)

select
    strategy.project_id,
    strategy.strategy_id,
    strategy.brief_name,
    strategy.goal,
    deployment.creative_set_id,
    sums.deployment_id,
    sums.ad_account_id,
    deployment.campaign_kind,
    sums.platform,
    sums.currency,
    sums.campaign_id,
    sums.creative_id,
    sums.creative_name,
    sums.is_attributed,
    sums.first_day,
    sums.last_day,
    sums.is_moving,
    {{ metrics('sums.') }}
from sums
inner join {{ ref('stg_deployments') }} as deployment on sums.deployment_id = deployment.deployment_id
inner join {{ ref('stg_strategies') }} as strategy on deployment.strategy_id = strategy.strategy_id
