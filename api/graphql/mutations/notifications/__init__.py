"""Changes of endpoints and preferences."""
