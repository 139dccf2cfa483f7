"""Clients that others wrote, each in a process of its own, with nothing but the address changed."""
