-- Meta has no keywords.
{{ daily('keyword', platforms=['google_ads']) }}
