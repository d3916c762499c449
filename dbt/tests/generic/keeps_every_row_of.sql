{#-
  Every row of another relation is in this one, by a combination of columns: nothing vanished on the way. Of the days that the last build
  touched, and of what was known when it took them in; of_days: the other relation has no built_at of its own.
-#}
{% test keeps_every_row_of(model, other, columns, only=none, of_days=false) %}
select {% for column in columns %}other.{{ column }}{{ ', ' if not loop.last }}{% endfor %}
from {{ other }} as other
{%- if of_days %}
inner join {{ ref('int_days') }} as day
    on other.ad_account_id = day.ad_account_id and other.date = day.date and other.as_of <= day.known_to
{%- endif %}
where {{ checked_days('day.' if of_days else 'other.') }}
{%- if only %} and {{ only }}{% endif %}
except
select {{ columns | join(', ') }} from {{ model }}
where {{ checked_days() }}
{% endtest %}
