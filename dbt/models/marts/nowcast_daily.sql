-- How many conversions a day of an account or a campaign will have in the end, by counted action, with an 80 % interval: the newest nowcast.
with newest as (
    select distinct on (ad_account_id, grain, object_id, date, action) *
    from {{ ref('stg_nowcasts') }}
    order by ad_account_id, grain, object_id, date, action, as_of desc
)

select
    account.platform,
    account.project_id,
    newest.ad_account_id,
    newest.grain,
    newest.object_id,
    newest.date,
    newest.action,
    newest.reported,
    newest.conversions as conversions_expected,
    newest.low as conversions_low,
    newest.high as conversions_high,
    newest.completeness,
    newest.settled as is_settled,
    newest.as_of
from newest
inner join {{ ref('stg_ad_accounts') }} as account on newest.ad_account_id = account.ad_account_id
