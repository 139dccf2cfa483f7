"""Keys and usage, kept in SQLite or PostgreSQL: the extra ``gateway-usage``.

A gateway without ``store_url`` loads nothing of this but :mod:`.url` and :mod:`.opening`.
"""
