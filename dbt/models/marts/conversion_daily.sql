-- Every action and window that the platforms report, per campaign: windows overlap, so that only `counted` rows may be added up.
select
    performance.platform,
    performance.deployment_id,
    performance.ad_account_id,
    performance.currency,
    performance.date,
    performance.campaign_id,
    conversion.action,
    conversion.attribution_window,
    conversion.counted,
    conversion.conversions,
    conversion.value_micros,
    round({{ units('conversion.value_micros') }}, 6) as value
from {{ ref('stg_conversions') }} as conversion
inner join {{ ref('int_performance') }} as performance
    on conversion.ad_account_id = performance.ad_account_id and conversion.grain = performance.grain
    and conversion.object_id = performance.object_id and conversion.segment = performance.segment
    and conversion.date = performance.date and conversion.as_of = performance.as_of
where conversion.grain = 'campaign'
