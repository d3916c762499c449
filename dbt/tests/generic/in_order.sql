{#- These columns rise from left to right, and are there together or not at all. -#}
{% test in_order(model, columns) %}
select * from {{ model }}
where {% for column in columns %}{% if not loop.first %}
    {{ columns[loop.index0 - 1] }} > {{ column }} or ({{ columns[loop.index0 - 1] }} is null) <> ({{ column }} is null)
    {{- ' or' if not loop.last }}{% endif %}{% endfor %}
{% endtest %}
