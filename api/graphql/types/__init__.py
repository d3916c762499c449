"""What the API shows, one module per noun."""
