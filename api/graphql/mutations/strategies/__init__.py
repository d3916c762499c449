"""Mutations: briefs and plans."""
