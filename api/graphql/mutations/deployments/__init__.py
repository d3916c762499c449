"""Mutations: what is launched."""
