"""Servers that answer with prepared data, each run as a process of its own."""
