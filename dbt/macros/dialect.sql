{#- What PostgreSQL and DuckDB write differently. Everything else in this project is SQL that both understand. -#}

{#- An exact decimal. PostgreSQL's numeric has any size; DuckDB's has 38 digits, and its division is a double, which is rounded to six. -#}
{% macro exact() %}{{ return(adapter.dispatch('exact')()) }}{% endmacro %}
{% macro default__exact() %}{{ return('numeric') }}{% endmacro %}
{% macro duckdb__exact() %}{{ return('decimal(38, 6)') }}{% endmacro %}

{% macro ratio(numerator, denominator) %}{{ return(adapter.dispatch('ratio')(numerator, denominator)) }}{% endmacro %}
{% macro default__ratio(numerator, denominator) -%}
round(cast({{ numerator }} as numeric) / nullif(cast({{ denominator }} as numeric), 0), 6)
{%- endmacro %}
{% macro duckdb__ratio(numerator, denominator) -%}
cast(round(cast({{ numerator }} as double) / nullif(cast({{ denominator }} as double), 0), 6) as decimal(38, 6))
{%- endmacro %}

{#- Micros as units of their currency. -#}
{% macro units(micros) %}{{ return(adapter.dispatch('units')(micros)) }}{% endmacro %}
{% macro default__units(micros) -%}
round(cast({{ micros }} as numeric) / 1000000, 6)
{%- endmacro %}
{% macro duckdb__units(micros) -%}
cast(cast({{ micros }} as decimal(30, 6)) * cast(0.000001 as decimal(7, 6)) as decimal(38, 6))
{%- endmacro %}

{#- A text of a JSON document's first level. -#}
{% macro json_text(document, name) -%}
{{ document }} ->> '{{ name }}'
{%- endmacro %}

{#- A week of days, a fortnight: dates and whole numbers. DuckDB has no sum of them without a cast. -#}
{% macro days_after(day, days) -%}
cast({{ day }} + cast({{ days }} as integer) as date)
{%- endmacro %}

{#- Months whose facts left the database. Elsewhere (the archive itself) there are none. -#}
{% macro archived_days() %}{{ return(adapter.dispatch('archived_days')()) }}{% endmacro %}
{% macro default__archived_days() -%}
select month as first_day, cast(month + interval '1 month' as date) as next_day
from {{ source('zamc', 'archived_months') }} where detached_at is not null
{%- endmacro %}
{% macro duckdb__archived_days() -%}
select cast(null as date) as first_day, cast(null as date) as next_day where false
{%- endmacro %}

{#- Ids: Parquet has them as text. -#}
{% macro id_type() %}{{ return(adapter.dispatch('id_type')()) }}{% endmacro %}
{% macro default__id_type() %}{{ return('uuid') }}{% endmacro %}
{% macro duckdb__id_type() %}{{ return('varchar') }}{% endmacro %}
