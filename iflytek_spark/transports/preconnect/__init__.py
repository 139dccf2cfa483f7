"""Connections that are opened before a call needs them."""
