"""Stand-ins for Google Ads and Meta that speak their real wire protocols on loopback, over a simulated ad market."""
