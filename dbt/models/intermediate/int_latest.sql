-- What is known now: per subject and day the newest as_of of facts and conversions together. Neither side may lose the other's rows: a
-- conversion whose subject has no figures is a row too. Both sides are stacked and grouped, not joined: a join on six columns is planned
-- for one row, and then runs for hours.
{{ config(indexes=[{'columns': ['ad_account_id', 'date', 'grain']}, {'columns': ['built_at']}]) }}

with touched as (
    {{ touched_days() }}
),

facts as (
    select distinct on (fact.ad_account_id, fact.grain, fact.object_id, fact.segment, fact.date)
        day.platform, day.currency as account_currency, day.built_at, fact.*
    from {{ rows_of('touched', ref('stg_facts'), few=is_incremental()) }}
    where fact.as_of <= day.known_to
    order by fact.ad_account_id, fact.grain, fact.object_id, fact.segment, fact.date, fact.as_of desc
),

-- Windows overlap and one sale may be several actions: only what is counted adds up.
conversions as (
    select
        day.platform, day.currency as account_currency, day.built_at,
        fact.ad_account_id, fact.grain, fact.object_id, fact.segment, fact.date, fact.as_of,
        sum(case when fact.counted then fact.conversions else 0 end) as conversions,
        sum(case when fact.counted then fact.value_micros else 0 end) as value_micros
    from {{ rows_of('touched', ref('stg_conversions'), few=is_incremental()) }}
    where fact.as_of <= day.known_to
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
),

both_sides as (
    select
        platform, account_currency, built_at, ad_account_id, grain, object_id, segment, date, as_of,
        cast(deployment_id as varchar) as deployment_id, campaign_id, ad_group_id, label, currency,
        impressions, clicks, spend_micros, 0 as conversions, 0 as value_micros
    from facts
    union all
    select
        platform, account_currency, built_at, ad_account_id, grain, object_id, segment, date, as_of,
        null, null, null, null, null,
        0, 0, 0, conversions, value_micros
    from conversions
),

readings as (
    select
        *,
        max(as_of) over (partition by ad_account_id, grain, object_id, segment, date) as newest
    from both_sides
)

select
    max(platform) as platform,
    ad_account_id,
    grain,
    object_id,
    segment,
    date,
    as_of,
    cast(max(deployment_id) as {{ id_type() }}) as deployment_id,
    coalesce(
        max(campaign_id),
        case
            when grain in ('campaign', 'geo', 'device', 'audience') then object_id
            when grain = 'creative' then nullif(segment, '')
        end
    ) as campaign_id,
    max(ad_group_id) as ad_group_id,
    max(label) as label,
    coalesce(max(currency), max(account_currency)) as currency,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(spend_micros) as bigint) as spend_micros,
    cast(sum(conversions) as numeric(18, 6)) as conversions,
    cast(sum(value_micros) as bigint) as value_micros,
    max(built_at) as built_at
from readings
where as_of = newest
group by ad_account_id, grain, object_id, segment, date, as_of
