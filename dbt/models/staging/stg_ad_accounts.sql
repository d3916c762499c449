select
    account.id as ad_account_id,
    account.project_id,
    account.platform,
    account.external_id,
    account.currency,
    account.time_zone,
    -- A project may ask for one currency in all its reports; else each account keeps its own.
    coalesce(project.reporting_currency, account.currency) as reporting_currency
from {{ source('zamc', 'ad_accounts') }} as account
inner join {{ source('zamc', 'projects') }} as project on account.project_id = project.id
