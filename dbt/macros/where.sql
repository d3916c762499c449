{#- dbt's own, with two words of ours: a test's `where` cannot call macros. Which days and flights are looked at: macros/incremental.sql. -#}
{% macro get_where_subquery(relation) -%}
{%- set where = (config.get('where') or '') | replace('__checked_days__', checked_days()) -%}
{%- if '__checked_flights__' in where %}{% set where = where | replace('__checked_flights__', checked_flights()) %}{% endif -%}
{%- if where -%}
{{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as checked') }}
{%- endif -%}
{{ return(relation) }}
{%- endmacro %}
