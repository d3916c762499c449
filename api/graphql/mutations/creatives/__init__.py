"""Mutations: sets of creatives."""
