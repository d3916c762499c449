{#-
  Incremental by day and as_of. int_days says for each account and day up to which as_of its facts are known, and when a build took that in
  (built_at). A model takes what int_days holds beyond its own newest built_at, and replaces those days whole: what a platform took back
  leaves no row behind. Nothing here compares clocks of writers: a transaction that commits late is simply found by the next build.
-#}

{#- The newest built_at that a model has taken in, as a literal: a constant lets the planner see how few days that leaves. -#}
{% macro taken_in(relation) -%}
{%- set found = namespace(at='-infinity') -%}
{%- if execute -%}
{%- set newest = run_query('select cast(max(built_at) as varchar) from ' ~ relation) -%}
{%- if newest.rows[0][0] %}{% set found.at = newest.rows[0][0] %}{% endif -%}
{%- endif -%}
cast('{{ found.at }}' as timestamptz)
{%- endmacro %}

{#- The days to take in, a relation to select from. The part that says `where` is left out in a full build. -#}
{% macro touched_days() -%}
select ad_account_id, platform, currency, date, known_to, built_at from {{ ref('int_days') }}
{%- if is_incremental() %} where built_at > {{ taken_in(this) }}{% endif %}
{%- endmacro %}

{#-
  Some days as `day`, and the rows of a relation that belong to them as `fact`; only: a condition on `known`, the relation. few: one look into
  the index for each day. Joined, fifty days would be planned as a reading of all that there ever was: partitions are not left out by a join.
-#}
{% macro rows_of(days, relation, few, only='true') %}{{ return(adapter.dispatch('rows_of')(days, relation, few, only)) }}{% endmacro %}

{% macro default__rows_of(days, relation, few, only) -%}
{%- if few -%}
{{ days }} as day
cross join lateral (
    select known.* from {{ relation }} as known
    where known.ad_account_id = day.ad_account_id and known.date = day.date and {{ only }}
    offset 0
) as fact
{%- else -%}
{{ duckdb__rows_of(days, relation, few, only) }}
{%- endif -%}
{%- endmacro %}

{% macro duckdb__rows_of(days, relation, few, only) -%}
{{ days }} as day
inner join (select known.* from {{ relation }} as known where {{ only }}) as fact
    on day.ad_account_id = fact.ad_account_id and day.date = fact.date
{%- endmacro %}

{#- A full build of months whose facts were archived has nothing to build from: it keeps the rows that it replaces. -#}
{% macro and_archived() -%}
{%- if execute and model.resource_type == 'model' and not is_incremental() -%}
{%- set known = load_relation(this) -%}
{%- if known is not none and known.type == 'table' -%}
{%- set columns = adapter.get_columns_in_relation(known) | map(attribute='name') | list %}
union all
select {{ columns | join(', ') }} from {{ this }} as kept
where exists (select 1 from ({{ archived_days() }}) as gone where kept.date >= gone.first_day and kept.date < gone.next_day)
{%- endif -%}
{%- endif -%}
{%- endmacro %}

{#- Incremental strategy replace_days. Runs in the transaction that made the temporary table, with the same watermark. -#}
{% macro get_incremental_replace_days_sql(arguments) -%}
{%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') -%}
delete from {{ arguments['target_relation'] }} as old
using {{ ref('int_days') }} as touched
where touched.built_at > {{ taken_in(arguments['target_relation']) }}
    and old.ad_account_id = touched.ad_account_id and old.date = touched.date;

insert into {{ arguments['target_relation'] }} ({{ columns }})
select {{ columns }} from {{ arguments['temp_relation'] }};
{%- endmacro %}

{#-
  For tests: the days that the last build touched, or all of them. `of` names the table that has built_at. Which build that was is a literal,
  as in taken_in: compared with a subquery, the planner takes every row for one of them.
-#}
{% macro checked_days(of='') -%}
{%- if var('check') == 'everything' -%}
true
{%- else -%}
{%- set days = adapter.get_relation(target.database, target.schema, 'int_days') if execute else none -%}
{{ of }}built_at = {{ taken_in(days) if days is not none else "cast('-infinity' as timestamptz)" }}
{%- endif -%}
{%- endmacro %}

{#-
  For tests of what adds up whole flights: some flights of one of the accounts that the last build touched, or all of them. To look at every
  flight again for one new day would cost more with each day of history. Which ones changes with each build; they are literals, with which the
  planner reads this account alone.
-#}
{% macro checked_flights() -%}
{%- if var('check') == 'everything' or not execute or adapter.get_relation(target.database, target.schema, 'int_latest') is none -%}
true
{%- else -%}
{%- set touched -%}
with touched as (
    select distinct
        cast(ad_account_id as varchar) as ad_account_id,
        cast(deployment_id as varchar) as deployment_id,
        cast(built_at as varchar) as built_at
    from {{ target.schema }}.int_latest
    where grain = 'campaign' and deployment_id is not null and {{ checked_days() }}
)

select ad_account_id, deployment_id from touched
order by md5(ad_account_id || built_at), md5(deployment_id || built_at)
limit {{ var('checked_flights') }}
{%- endset -%}
{%- set found = run_query(touched).rows | list -%}
{%- if found -%}
ad_account_id = '{{ found[0][0] }}' and deployment_id in ('{{ found | map(attribute=1) | join("', '") }}')
{%- else -%}
false
{%- endif -%}
{%- endif -%}
{%- endmacro %}

{#- After a build: how many rows the newest of them are, which the planner would not know until autovacuum comes. A small sample tells. -#}
{% macro know_the_newest(relation) %}{{ return(adapter.dispatch('know_the_newest')(relation)) }}{% endmacro %}
{% macro default__know_the_newest(relation) -%}
set local default_statistics_target = 5; analyze {{ relation }} (built_at)
{%- endmacro %}
{% macro duckdb__know_the_newest(relation) %}{{ return('') }}{% endmacro %}

{#- Wall time at the beginning of this transaction. -#}
{% macro built_now() -%}
cast(current_timestamp as timestamptz)
{%- endmacro %}
