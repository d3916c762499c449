{#- dbt's own, with one word of ours: a test's `where` cannot call macros. Which days are looked at: macros/incremental.sql. -#}
{% macro get_where_subquery(relation) -%}
{%- set where = (config.get('where') or '') | replace('__checked_days__', checked_days()) -%}
{%- if where -%}
{{ return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as checked') }}
{%- endif -%}
{{ return(relation) }}
{%- endmacro %}
