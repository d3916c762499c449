"""What the platform demands of each kind of resource, one module each."""
