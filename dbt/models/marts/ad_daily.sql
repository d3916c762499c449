{{ daily('ad') }}
