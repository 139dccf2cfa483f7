"""The book of :class:`~iflytek_spark.rates.ledger.Ledger` as scripts of Redis, by its clock.

``counted`` and ``held`` are sorted sets of tickets with moments. A script is one step: nobody comes
between. ``born`` is when the server's book was begun: a server that was restarted has forgotten who
was asked, so that nobody is until all of that is over, and holders have given their word anew.
"""

from __future__ import annotations

_PREFIX = "iflytek-spark:rate:"


def keys_of(place: str) -> list[str]:
    """Return the keys of a place, in their order; ``born`` is the same for all."""
    own = [f"{_PREFIX}{place}:{name}" for name in ("following", "counted", "held", "lead")]
    return [*own, f"{_PREFIX}born"]


_NOW = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local following, counted, held, lead, born = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local ticket = ARGV[1]
local function put(set, moment) redis.call('ZADD', set, string.format('%.6f', moment), ticket) end
local function unsent()
    local moment = redis.call('ZSCORE', counted, ticket)
    return moment and tonumber(moment) > now
end
"""

TAKE = f"""
{_NOW}
local interval, burst, window = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local slots, lapse, poll, kept = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8]
local share = tonumber(ARGV[9])

redis.call('SETNX', born, string.format('%.6f', now))
local quiet = tonumber(redis.call('GET', born)) - now + window
if slots > 0 then quiet = quiet + lapse / 2 end
if quiet > 0 then return string.format('%.6f', quiet) end

if redis.call('ZSCORE', counted, ticket) or redis.call('ZSCORE', held, ticket) then return '0' end
redis.call('ZREMRANGEBYSCORE', held, '-inf', now)
if slots > 0 and redis.call('ZCARD', held) >= slots then return poll end

if interval > 0 then
    redis.call('ZREMRANGEBYSCORE', counted, '-inf', now - window)
    local turn = tonumber(redis.call('GET', following) or now)
    local wait = turn - now
    if redis.call('ZCARD', counted) >= burst then
        local first = tonumber(redis.call('ZRANGE', counted, 0, 0, 'WITHSCORES')[2])
        local late = tonumber(poll)
        local sure = tonumber(redis.call('GET', lead) or 0) * share
        if first <= now then late = first + window - sure - now end
        if late > wait then wait = late end
    end
    if wait > 0 then return string.format('%.6f', wait) end
    if now - turn >= interval then turn = now end
    local remain = math.ceil((window + interval + lapse) * 1000) + kept
    redis.call('SET', following, string.format('%.6f', turn + interval), 'PX', remain)
    put(counted, now + lapse)
    redis.call('PEXPIRE', counted, remain)
end
if slots > 0 then
    put(held, now + lapse)
    redis.call('PEXPIRE', held, math.ceil(lapse * 1000) + kept)
end
return '0'
"""
"""Arguments: ticket, interval, burst, window, slots (0: no limit), lapse, poll, ms to
keep, and the share of the lead that is relied on."""

SENT = f"""
{_NOW}
if redis.call('ZSCORE', counted, ticket) then
    put(counted, now - tonumber(ARGV[2]))
    local known = tonumber(redis.call('GET', lead) or 0) * tonumber(ARGV[4]) + tonumber(ARGV[5])
    local took = math.min(tonumber(ARGV[3]), known)
    redis.call('SET', lead, string.format('%.6f', took), 'PX', ARGV[6])
end
"""
"""Arguments: ticket, seconds since then, seconds from its turn, the lead's growth and step, ms."""

RELEASE = f"""
{_NOW}
redis.call('ZREM', held, ticket)
if unsent() then redis.call('ZREM', counted, ticket) end
"""

RENEW = f"""
{_NOW}
if ARGV[3] == '1' then put(held, now + ARGV[2]) end
if unsent() then put(counted, now + ARGV[2]) end
"""
"""Arguments: ticket, lapse, and whether the place has slots. A forgotten slot is held again."""
