{#- Every row of another relation is in this one, by a combination of columns: nothing vanished on the way. -#}
{% test keeps_every_row_of(model, other, columns, only=none) %}
select {{ columns | join(', ') }} from {{ other }}
{% if only %}where {{ only }}{% endif %}
except
select {{ columns | join(', ') }} from {{ model }}
{% endtest %}
