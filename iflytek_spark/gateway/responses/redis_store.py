"""Keeps responses in Redis, for several workers and machines."""

from __future__ import annotations

from redis.asyncio import Redis

from iflytek_spark.gateway.responses.settings import ResponsesStoreSettings

_PUT = """
local time = redis.call('TIME')
local now = tonumber(time[1])
local function forget(id)
    local size = redis.call('HGET', KEYS[2], id)
    if size then redis.call('DECRBY', KEYS[3], size) end
    redis.call('HDEL', KEYS[2], id)
    redis.call('ZREM', KEYS[1], id)
    redis.call('DEL', ARGV[6] .. id)
end
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now)) do forget(id) end
redis.call('SET', ARGV[6] .. ARGV[1], ARGV[2], 'EX', ARGV[3])
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], #ARGV[2])
redis.call('INCRBY', KEYS[3], #ARGV[2])
while redis.call('ZCARD', KEYS[1]) > tonumber(ARGV[4])
    or tonumber(redis.call('GET', KEYS[3])) > tonumber(ARGV[5]) do
    forget(redis.call('ZRANGE', KEYS[1], 0, 0)[1])
end
"""
"""Keeps a response. Keys: when each expires, its size, the sum of sizes. Arguments: the id, the
response, seconds, the most responses, the most bytes, the prefix of their keys."""

_DELETE = """
local size = redis.call('HGET', KEYS[2], ARGV[1])
if size then redis.call('DECRBY', KEYS[3], size) end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('DEL', ARGV[2] .. ARGV[1])
"""
_PREFIX = "iflytek-spark:responses:"
_KEYS = [f"{_PREFIX}{name}" for name in ("expiry", "sizes", "bytes")]
_DATA = f"{_PREFIX}of:"


class RedisStore:
    """Keeps responses where all workers find them; the bounds hold for all together."""

    def __init__(self, client: Redis, settings: ResponsesStoreSettings) -> None:
        """Set up over a client, which is closed with it."""
        self._client = client
        self._settings = settings
        self._put = client.register_script(_PUT)
        self._delete = client.register_script(_DELETE)

    async def put(self, owner: str, response_id: str, data: bytes) -> None:
        """Keep a response; the oldest make room."""
        settings = self._settings
        if len(data) > settings.max_bytes:
            return
        bounds = (settings.seconds, settings.max_entries, settings.max_bytes)
        await self._put(_KEYS, [f"{owner}:{response_id}", data, *bounds, _DATA])

    async def get(self, owner: str, response_id: str) -> bytes | None:
        """Return a response that is not too old."""
        found = await self._client.get(f"{_DATA}{owner}:{response_id}")
        return found.encode() if isinstance(found, str) else found

    async def delete(self, owner: str, response_id: str) -> bool:
        """Delete a response."""
        return bool(await self._delete(_KEYS, [f"{owner}:{response_id}", _DATA]))

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()
