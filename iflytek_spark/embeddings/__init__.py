"""Vectors of many texts, and ranks of many documents, within the rate limits."""
