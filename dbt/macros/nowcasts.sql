{#-
  Conversions in the end. The data asset conversion_nowcasts says of accounts and campaigns, day by day and action by action, how many are still
  to come; a report adds up the counted actions. Like names and exchange rates they change without a new fact, so they are joined in views.
-#}

{#- What nowcasts bring to a report beside what has shown. -#}
{% macro expected_measures() -%}
{{ return(['conversions_expected', 'conversions_low', 'conversions_high']) }}
{%- endmacro %}

{#- The newest nowcast of the row `r`, its counted actions together, as `nowcast`. Days that no longer move need none. -#}
{% macro nowcast_join(grain) %}{{ return(adapter.dispatch('nowcast_join')(grain)) }}{% endmacro %}

{#- One look into an index for each row that is read: the table holds every nowcast that there ever was. -#}
{% macro default__nowcast_join(grain) -%}
left join lateral (
    select sum(newest.conversions) as conversions, sum(newest.low) as low, sum(newest.high) as high,
        min(newest.completeness) as completeness, max(newest.as_of) as as_of
    from (
        select distinct on (known.action) known.*
        from {{ ref('stg_nowcasts') }} as known
        where day.is_moving and known.ad_account_id = r.ad_account_id and known.grain = '{{ grain }}'
            and known.object_id = r.object_id and known.date = r.date
        order by known.action, known.as_of desc
    ) as newest
) as nowcast on true
{%- endmacro %}

{% macro duckdb__nowcast_join(grain) -%}
left join (
    select ad_account_id, object_id, date, sum(conversions) as conversions, sum(low) as low, sum(high) as high,
        min(completeness) as completeness, max(as_of) as as_of
    from (
        select distinct on (ad_account_id, object_id, date, action) *
        from {{ ref('stg_nowcasts') }}
        where grain = '{{ grain }}'
        order by ad_account_id, object_id, date, action, as_of desc
    ) as newest
    group by 1, 2, 3
) as nowcast
    on r.ad_account_id = nowcast.ad_account_id and r.object_id = nowcast.object_id and r.date = nowcast.date and day.is_moving
{%- endmacro %}

{#-
  "conversions", "low" or "high" of a row in the end: what has shown where nothing more can come; what is nowcast, and never less than what has
  shown since (low excepted: platforms take conversions back); what has shown where the day was nowcast and nothing is expected of the object;
  null where nobody has nowcast the day yet.
-#}
{% macro expected(which) -%}
cast(case
        when not day.is_moving or not r.is_attributed then r.conversions
        when nowcast.as_of is not null then {{ 'nowcast.low' if which == 'low' else 'greatest(nowcast.' ~ which ~ ', r.conversions)' }}
        when exists (
            select 1 from {{ ref('stg_nowcasts') }} as known where known.ad_account_id = r.ad_account_id and known.date = r.date
        ) then r.conversions
    end as numeric(18, 6))
{%- endmacro %}

{#- The columns of a report whose rows are nowcast. -#}
{% macro expected_columns() -%}
{{ expected('conversions') }} as conversions_expected,
    {{ expected('low') }} as conversions_low,
    {{ expected('high') }} as conversions_high,
    cast(case when day.is_moving then nowcast.completeness else 1 end as numeric(18, 6)) as completeness
    {%- if execute %}{% for name, (numerator, denominator) in ratios().items() if denominator == 'conversions_expected' %},
    {{ ratio(amount(numerator, 'r.'), expected('conversions')) }} as {{ name }}
    {%- endfor %}{% endif %}
{%- endmacro %}
