{#- Nothing that is counted is below zero. On a not-attributed row it means that parts were reported that are more than their whole. -#}
{% test not_negative(model, columns) %}
select * from {{ model }}
where {% for column in columns %}{{ column }} < 0{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
