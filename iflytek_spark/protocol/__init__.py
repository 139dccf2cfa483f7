"""Spark's protocol as pure functions: no socket, clock, randomness, thread or event loop."""
