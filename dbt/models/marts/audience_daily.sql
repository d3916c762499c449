{{ daily('audience') }}
