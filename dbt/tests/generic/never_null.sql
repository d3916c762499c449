{#- None of these columns is null in any row. One query per model: a check per column costs more than all it looks at. -#}
{% test never_null(model, columns) %}
select * from {{ model }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
