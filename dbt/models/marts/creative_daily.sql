{{ daily('creative') }}
