{{ daily('search_term') }}
