-- Every day that a report can be about: what the semantic layer counts time by.
{{ config(materialized='view') }}
{% if target.type == 'duckdb' %}
select cast(day as date) as date from generate_series(date '2020-01-01', date '2039-12-31', interval '1 day') as days (day)
{% else %}
select cast(day as date) as date from generate_series(date '2020-01-01', date '2039-12-31', interval '1 day') as days (day)
{% endif %}
