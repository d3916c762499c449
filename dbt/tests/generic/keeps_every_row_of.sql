{#-
  Every row of another relation is in this one, by a combination of columns: nothing vanished on the way. Of the days that the last build
  touched, and of what was known when it took them in; of_days: the other relation has no built_at of its own.
-#}
{% test keeps_every_row_of(model, other, columns, only=none, of_days=false) %}
select {% for column in columns %}fact.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
{%- if of_days %}
from {{ rows_of(ref('int_days'), other, few=var('check') != 'everything') }}
where fact.as_of <= day.known_to and {{ checked_days('day.') }}
{%- else %}
from {{ other }} as fact
where {{ checked_days('fact.') }}
{%- endif %}
{%- if only %} and {{ only }}{% endif %}
except
select {{ columns | join(', ') }} from {{ model }}
where {{ checked_days() }}
{% endtest %}
