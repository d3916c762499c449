-- How many days after a day an account's conversions may still be credited to it: its own conversion actions' longest window, and a day
-- more, on which the window's last hour is reported (as the sync reads: zamc/analytics/look_back_rules.py).
select
    account.ad_account_id,
    coalesce(
        nullif(max(greatest(action.click_days, action.view_days)), 0),
        max(case account.platform
            {%- for platform, days in var('settles_after_days').items() %} when '{{ platform }}' then {{ days }}{% endfor %} end)
    ) + 1 as settles_after_days
from {{ ref('stg_ad_accounts') }} as account
left join {{ source('zamc', 'conversion_actions') }} as action on account.ad_account_id = action.ad_account_id
group by account.ad_account_id
