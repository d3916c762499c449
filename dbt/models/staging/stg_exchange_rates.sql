select date, base, quote, rate
from {{ source('zamc', 'fx_rates') }}
