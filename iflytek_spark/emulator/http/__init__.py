"""Spark over HTTP: chat in two dialects, embeddings and ranks (PROTOCOL-HTTP.md)."""
