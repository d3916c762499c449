{#- Every day of an account in another currency than its project's reports has an exchange rate: what has none is missing from their sums. -#}
{% test has_rates(model) %}
select * from {{ model }}
where currency <> reporting_currency and rate is null
{% endtest %}
