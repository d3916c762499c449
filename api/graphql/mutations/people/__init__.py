"""Mutations: members and keys."""
