select
    id as strategy_id,
    project_id,
    name as brief_name,
    brief ->> 'goal' as goal,
    status
from {{ source('zamc', 'strategies') }}
