"""A stand-in for the Google Ads API over gRPC with TLS, driven by the real google-ads SDK."""
