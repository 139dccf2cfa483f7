"""Answers over HTTP that come as server-sent events, on connections that are kept open."""
