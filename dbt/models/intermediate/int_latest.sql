-- What is known now: per subject and day the newest as_of of facts and conversions together. Neither side of the join may lose the other's
-- rows: a conversion whose subject has no figures is a row too.
{{ config(indexes=[{'columns': ['ad_account_id', 'date', 'grain']}, {'columns': ['built_at']}]) }}

with touched as (
    {{ touched_days() }}
),

readings as (
    select ad_account_id, grain, object_id, segment, date, max(as_of) as as_of
    from (
        select fact.ad_account_id, fact.grain, fact.object_id, fact.segment, fact.date, fact.as_of
        from touched as day
        inner join {{ ref('stg_facts') }} as fact
            on day.ad_account_id = fact.ad_account_id and day.date = fact.date and fact.as_of <= day.known_to
        union all
        select fact.ad_account_id, fact.grain, fact.object_id, fact.segment, fact.date, fact.as_of
        from touched as day
        inner join {{ ref('stg_conversions') }} as fact
            on day.ad_account_id = fact.ad_account_id and day.date = fact.date and fact.as_of <= day.known_to
    ) as both_sides
    group by 1, 2, 3, 4, 5
),

-- Windows overlap and one sale may be several actions: only what is counted adds up.
counted as (
    select
        fact.ad_account_id, fact.grain, fact.object_id, fact.segment, fact.date, fact.as_of,
        sum(fact.conversions) as conversions,
        cast(sum(fact.value_micros) as bigint) as value_micros
    from touched as day
    inner join {{ ref('stg_conversions') }} as fact
        on day.ad_account_id = fact.ad_account_id and day.date = fact.date and fact.as_of <= day.known_to
    where fact.counted
    group by 1, 2, 3, 4, 5, 6
)

select
    day.platform,
    reading.ad_account_id,
    reading.grain,
    reading.object_id,
    reading.segment,
    reading.date,
    reading.as_of,
    fact.deployment_id,
    coalesce(
        fact.campaign_id,
        case
            when reading.grain in ('campaign', 'geo', 'device', 'audience') then reading.object_id
            when reading.grain = 'creative' then nullif(reading.segment, '')
        end
    ) as campaign_id,
    fact.ad_group_id,
    fact.label,
    coalesce(fact.currency, day.currency) as currency,
    coalesce(fact.impressions, 0) as impressions,
    coalesce(fact.clicks, 0) as clicks,
    coalesce(fact.spend_micros, 0) as spend_micros,
    cast(coalesce(counted.conversions, 0) as numeric(18, 6)) as conversions,
    coalesce(counted.value_micros, 0) as value_micros,
    day.built_at
from touched as day
inner join readings as reading on day.ad_account_id = reading.ad_account_id and day.date = reading.date
left join {{ ref('stg_facts') }} as fact
    on reading.ad_account_id = fact.ad_account_id and reading.grain = fact.grain and reading.object_id = fact.object_id
    and reading.segment = fact.segment and reading.date = fact.date and reading.as_of = fact.as_of
left join counted
    on reading.ad_account_id = counted.ad_account_id and reading.grain = counted.grain and reading.object_id = counted.object_id
    and reading.segment = counted.segment and reading.date = counted.date and reading.as_of = counted.as_of
