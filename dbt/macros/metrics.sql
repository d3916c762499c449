{#-
  Every metric is defined once, in models/semantic/_metrics.yml. The columns of the reports are made from that file's definitions: a ratio is
  its numerator over its denominator, null without one. What is made of expected conversions stands in macros/nowcasts.sql.
-#}

{% macro measures() -%}
{{ return(['impressions', 'clicks', 'spend_micros', 'conversions', 'value_micros']) }}
{%- endmacro %}

{#- {name: (numerator, denominator)} of all ratios, by name. -#}
{% macro ratios() -%}
{%- set found = {} -%}
{%- for metric in graph.metrics.values() | sort(attribute='name') if metric.type == 'ratio' -%}
{%- do found.update({metric.name: (metric.type_params.numerator.name, metric.type_params.denominator.name)}) -%}
{%- endfor -%}
{{ return(found) }}
{%- endmacro %}

{#- What a simple metric is, in terms of a report's columns; `of` names the table. -#}
{% macro amount(name, of='') -%}
{{ units(of ~ name ~ '_micros') if name in ('spend', 'value') else of ~ name }}
{%- endmacro %}

{% macro metrics(of='') -%}
{{ of }}impressions,
    {{ of }}clicks,
    {{ of }}spend_micros,
    {{ amount('spend', of) }} as spend,
    {{ of }}conversions,
    {{ of }}value_micros,
    {{ amount('value', of) }} as value
    {%- if execute %}{% for name, (numerator, denominator) in ratios().items() if denominator not in expected_measures() %},
    {{ ratio(amount(numerator, of), amount(denominator, of)) }} as {{ name }}
    {%- endfor %}{% endif %}
{%- endmacro %}
