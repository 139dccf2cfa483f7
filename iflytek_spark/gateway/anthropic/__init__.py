"""Anthropic's Messages: their requests, responses, events, errors and keys."""
