"""Benchmarks at a small size, and what judges their results."""
