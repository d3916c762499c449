select
    id as strategy_id,
    project_id,
    name as brief_name,
    {{ json_text('brief', 'goal') }} as goal,
    status
from {{ source('zamc', 'strategies') }}
