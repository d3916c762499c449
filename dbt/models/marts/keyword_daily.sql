{{ daily('keyword') }}
