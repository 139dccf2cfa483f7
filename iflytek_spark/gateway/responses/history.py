"""The conversation before a request: what the store holds of it, if there is a store."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict
from redis.exceptions import RedisError

from iflytek_spark.gateway.middleware.redis import connect
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.openai.requests import MAX_MESSAGES
from iflytek_spark.gateway.responses.redis_store import RedisStore
from iflytek_spark.gateway.responses.requests import Item, ItemReference, Items, MessageItem
from iflytek_spark.gateway.responses.response import response_of
from iflytek_spark.gateway.responses.response_types import ResponseObject
from iflytek_spark.gateway.responses.store import MemoryStore, ResponseStore
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.work import in_thread

_LOG = logging.getLogger("iflytek_spark.gateway")
_NO_STORE = (
    "this gateway keeps no responses: send the items of the conversation themselves "
    "(its operator may set responses_store)"
)


class _Output(BaseModel):
    """The items of a response as a request takes them."""

    model_config = ConfigDict(strict=True)

    output: Items


class _Kept(BaseModel):
    """A response with the conversation that led to it, without instructions."""

    model_config = ConfigDict(strict=True)

    items: list[Item]
    response: ResponseObject


class History:
    """What the gateway keeps of responses; nothing without a store."""

    def __init__(self, store: ResponseStore | None) -> None:
        """Set up over a store, or without one."""
        self._store = store

    @property
    def keeps(self) -> bool:
        """Whether there is a store."""
        return self._store is not None

    async def conversation(
        self, owner: str, previous_id: str | None, given: str | Sequence[Item]
    ) -> list[Item]:
        """Return the items of a whole conversation.

        Args:
            owner: whose responses are looked at.
            previous_id: the response that goes before, with all before it.
            given: what is new; references among it are replaced by what they name.

        Raises:
            GatewayError: for a response that the gateway does not have, or cannot reach.
        """
        new = [MessageItem(role="user", content=given)] if isinstance(given, str) else given
        before = await self._before(owner, previous_id) if previous_id else []
        found = [await self._resolved(owner, item) for item in new]
        if len(before) + len(found) > MAX_MESSAGES:
            message = f"input: the conversation has more than {MAX_MESSAGES} items: begin a new one"
            raise GatewayError(ErrorRow.INVALID_VALUE, message, param="input")
        return [*before, *found]

    async def keep(self, owner: str, items: Sequence[Item], response: ResponseObject) -> None:
        """Keep a response; when that fails, the log says so: the response itself is good."""
        kept = _Kept.model_construct(items=list(items), response=response)
        store = self._store
        if store is None:
            return
        try:
            await store.put(owner, response["id"], await in_thread(_written, kept))
        except RedisError as error:
            _LOG.error("Redis cannot be reached, so a response is not kept: %s", error)

    async def response(self, owner: str, response_id: str) -> ResponseObject:
        """Return a response.

        Raises:
            GatewayError: when it is not there, or cannot be reached.
        """
        kept = await self._kept(owner, response_id)
        if kept is None:
            raise _not_found(response_id)
        return kept.response

    async def delete(self, owner: str, response_id: str) -> None:
        """Keep a response no longer.

        Raises:
            GatewayError: when it is not there, or cannot be reached.
        """
        try:
            known = self._store is not None and await self._store.delete(owner, response_id)
        except RedisError as error:
            raise _unavailable() from error
        if not known:
            raise _not_found(response_id)

    async def aclose(self) -> None:
        """Close what is open."""
        if self._store is not None:
            await self._store.aclose()

    async def _before(self, owner: str, previous_id: str) -> list[Item]:
        kept = await self._kept(owner, previous_id)
        if kept is None:
            problem = f"{previous_id!r} is not kept, or not yours" if self.keeps else _NO_STORE
            raise GatewayError(
                ErrorRow.PREVIOUS_RESPONSE_NOT_FOUND,
                f"previous_response_id: {problem}",
                param="previous_response_id",
            )
        return [*kept.items, *_output(kept.response)]

    async def _resolved(self, owner: str, item: Item) -> Item:
        if not isinstance(item, ItemReference):
            return item
        kept = await self._kept(owner, response_of(item.id))
        written = kept.response["output"] if kept else []
        for output, named in zip(_output(kept.response) if kept else [], written):
            if named["id"] == item.id:
                return output
        problem = f"item {item.id!r} is not kept, or not yours" if self.keeps else _NO_STORE
        raise GatewayError(ErrorRow.INVALID_VALUE, f"item_reference: {problem}", param="input")

    async def _kept(self, owner: str, response_id: str) -> _Kept | None:
        try:
            data = await self._store.get(owner, response_id) if self._store else None
        except RedisError as error:
            raise _unavailable() from error
        return None if data is None else await in_thread(_Kept.model_validate_json, data)


def _written(kept: _Kept) -> bytes:
    return kept.model_dump_json(by_alias=True).encode()


def _output(response: ResponseObject) -> list[Item]:
    return _Output.model_validate({"output": response["output"]}).output


def _not_found(response_id: str) -> GatewayError:
    message = f"there is no response {response_id!r} of yours: it is not kept, or no longer"
    return GatewayError(ErrorRow.RESPONSE_NOT_FOUND, message)


def _unavailable() -> GatewayError:
    return GatewayError(
        ErrorRow.STORE_UNAVAILABLE,
        "the gateway cannot reach what it keeps of responses: try again later",
        headers={"retry-after": "1"},
    )


def history_of(settings: GatewaySettings) -> History:
    """Make the history that the gateway's settings ask for."""
    bounds, url = settings.responses_store, settings.redis_url
    if bounds is None:
        return History(None)
    if url is None:
        return History(MemoryStore(bounds))
    return History(RedisStore(connect(url.get_secret_value()), bounds))


def owner_of(caller: str, app_id: str | None) -> str:
    """Return a name for who asks: the gateway's key, or an address, and a Spark app of his own."""
    return hashlib.sha256(f"{caller}\n{app_id or ''}".encode()).hexdigest()
