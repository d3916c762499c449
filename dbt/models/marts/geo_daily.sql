{{ daily('geo') }}
