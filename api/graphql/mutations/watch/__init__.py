"""Mutations: answers to what was changed outside."""
