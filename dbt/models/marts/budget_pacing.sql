-- A deployment's budget by day of its flight: what was planned until then, what was spent, and where the flight ends at the pace of its
-- last seven days. The plan is today's daily budget: a budget that was changed in the middle is compared with what it is now.
with days as (
    select
        -- The report's own columns: whoever asks for an account or for some flights reads the days of these alone.
        campaign.ad_account_id,
        campaign.deployment_id,
        deployment.project_id,
        deployment.platform,
        deployment.campaign_kind,
        deployment.currency,
        deployment.daily_budget_micros,
        deployment.starts_on,
        deployment.ends_on,
        campaign.date,
        campaign.is_closed,
        campaign.is_moving,
        sum(campaign.spend_micros) as spend_micros
    from {{ ref('stg_deployments') }} as deployment
    inner join {{ ref('campaign_daily') }} as campaign
        on deployment.deployment_id = campaign.deployment_id and deployment.currency = campaign.currency
    where campaign.date >= deployment.starts_on and (deployment.ends_on is null or campaign.date <= deployment.ends_on)
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12
),

running as (
    select
        *,
        date - starts_on + 1 as days_elapsed,
        ends_on - starts_on + 1 as flight_days,
        sum(spend_micros) over (partition by ad_account_id, deployment_id order by date) as spent_micros,
        avg(spend_micros) over (partition by ad_account_id, deployment_id order by date rows between 6 preceding and current row) as recent_micros
    from days
)

select
    deployment_id,
    ad_account_id,
    project_id,
    platform,
    campaign_kind,
    currency,
    date,
    is_closed,
    is_moving,
    daily_budget_micros,
    days_elapsed,
    flight_days,
    cast(spend_micros as bigint) as spend_micros,
    cast(spent_micros as bigint) as spent_micros,
    cast(daily_budget_micros * days_elapsed as bigint) as planned_micros,
    cast(daily_budget_micros * flight_days as bigint) as flight_budget_micros,
    {{ ratio('spent_micros', 'daily_budget_micros * days_elapsed') }} as pace,
    cast(round(spent_micros + recent_micros * (flight_days - days_elapsed)) as bigint) as projected_micros
from running
