"""A large installation's data, an API over it, and a second process that asks it: what the benchmarks api_* share."""
