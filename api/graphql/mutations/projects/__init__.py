"""Mutations: a project's gates and accounts."""
