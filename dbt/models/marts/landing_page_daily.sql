{{ daily('landing_page') }}
