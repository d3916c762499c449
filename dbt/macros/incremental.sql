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

{#- For tests: the days that the last build touched, or all of them. `of` names the table that has built_at. -#}
{% macro checked_days(of='') -%}
{%- if var('check') == 'everything' -%}
true
{%- else -%}
{{ of }}built_at = (select max(built_at) from {{ target.schema }}.int_days)
{%- endif -%}
{%- endmacro %}

{#- Wall time at the beginning of this transaction. -#}
{% macro built_now() -%}
cast(current_timestamp as timestamptz)
{%- endmacro %}
