{#- The formulas of all reports, each once. Amounts are in units of the row's currency; a ratio without a denominator is null. -#}

{% macro ratio(numerator, denominator) -%}
round(cast({{ numerator }} as numeric) / nullif(cast({{ denominator }} as numeric), 0), 6)
{%- endmacro %}

{% macro units(micros) -%}
cast({{ micros }} as numeric) / 1000000
{%- endmacro %}

{% macro measures() -%}
{{ return(['impressions', 'clicks', 'spend_micros', 'conversions', 'value_micros']) }}
{%- endmacro %}

{% macro metrics() -%}
impressions,
    clicks,
    spend_micros,
    round({{ units('spend_micros') }}, 6) as spend,
    conversions,
    value_micros,
    round({{ units('value_micros') }}, 6) as value,
    {{ ratio('clicks', 'impressions') }} as ctr,
    {{ ratio(units('spend_micros'), 'clicks') }} as cpc,
    {{ ratio(units('spend_micros'), 'conversions') }} as cpa,
    {{ ratio('conversions', 'clicks') }} as cvr,
    {{ ratio('value_micros', 'spend_micros') }} as roas
{%- endmacro %}
