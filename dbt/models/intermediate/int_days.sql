-- Account and day: up to which as_of its facts are known (known_to), and when a build took that in (built_at). A day that was read again
-- without news keeps its built_at, so that nothing below is built for it.
{{ config(
    incremental_strategy='delete+insert',
    unique_key=['ad_account_id', 'date'],
    indexes=[{'columns': ['ad_account_id', 'date'], 'unique': true}, {'columns': ['built_at']}],
    post_hook='analyze {{ this }}',
) }}

with readings as (
    select day.ad_account_id, account.platform, account.currency, day.date, day.ticket, day.read_at, day.recorded_at
    from {{ ref('stg_synced_days') }} as day
    inner join {{ ref('stg_ad_accounts') }} as account on day.ad_account_id = account.ad_account_id
    where not exists (
        select 1 from ({{ archived_days() }}) as gone where day.date >= gone.first_day and day.date < gone.next_day
    )
),

-- A later reading has another ticket; what it found is in the facts.
candidates as (
    select
        reading.*,
        {%- if is_incremental() %}
        known.known_to as known_to_before,
        known.built_at as built_at_before
        {%- else %}
        cast(null as timestamptz) as known_to_before,
        cast(null as timestamptz) as built_at_before
        {%- endif %}
    from readings as reading
    {%- if is_incremental() %}
    left join {{ this }} as known on reading.ad_account_id = known.ad_account_id and reading.date = known.date
    where known.ad_account_id is null
        or (known.ticket, known.read_at, known.recorded_at) is distinct from (reading.ticket, reading.read_at, reading.recorded_at)
    {%- endif %}
),

-- A new as_of of a day is always above all that the day had: the newest says whether there is news. Asked day by day, so that what is read
-- is what these days hold, whatever the planner thinks of how many they are.
newest as (
    select
        day.*,
        greatest(
            (
                select max(fact.as_of) from {{ ref('stg_facts') }} as fact
                where fact.ad_account_id = day.ad_account_id and fact.date = day.date
            ),
            (
                select max(fact.as_of) from {{ ref('stg_conversions') }} as fact
                where fact.ad_account_id = day.ad_account_id and fact.date = day.date
            )
        ) as known_to
    from candidates as day
)

select
    day.ad_account_id,
    day.platform,
    day.currency,
    day.date,
    day.ticket,
    day.read_at,
    day.recorded_at,
    day.known_to,
    case
        when day.built_at_before is not null and day.known_to is not distinct from day.known_to_before then day.built_at_before
        -- Later than any build before, whatever the clock says.
        else greatest(
            {{ built_now() }}
            {%- if load_relation(this) is not none %},
            (select max(built_at) + interval '1 microsecond' from {{ this }}){% endif %}
        )
    end as built_at
from newest as day
