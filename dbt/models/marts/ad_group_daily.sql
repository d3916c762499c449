{{ daily('ad_group') }}
