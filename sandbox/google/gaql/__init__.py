"""The Google Ads Query Language: tokens, parser, field catalogue, semantic checks and evaluation."""
