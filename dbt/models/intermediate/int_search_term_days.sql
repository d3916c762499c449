{{ config(indexes=[{'columns': ['ad_account_id', 'date']}, {'columns': ['built_at']}]) }}
{{ grain_by_day('search_term') }}
