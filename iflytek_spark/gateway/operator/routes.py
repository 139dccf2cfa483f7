"""``/operator/…``: keys, usage and accounts, for the gateway's operator; :mod:`.shapes` has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, get_args

from fastapi import APIRouter, Depends, Request
from pydantic_core import to_json
from starlette.responses import Response

from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.openai.parsing import parse_body
from iflytek_spark.gateway.operator.guard import OperatorGuard
from iflytek_spark.gateway.operator.shapes import By, NewKey
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.state import GatewayState, State
from iflytek_spark.gateway.store.errors import NoSuchKeyError, StoreUnavailableError
from iflytek_spark.gateway.store.interface import StoreAdministration

_BY: Mapping[str, By] = {name: name for name in get_args(By)}
_DEFAULT_SINCE = "30d"
_NOT_KEPT = {"cache-control": "no-store"}
_MAX_BODY_BYTES = 64 * 1024
_SOON = {"retry-after": "5"}


class AccountSource(Protocol):
    """Knows the accounts of Spark behind the gateway."""

    def states(self) -> Sequence[object]:
        """Return what is known of each now, with the fields of :class:`.shapes.AccountInfo`."""


def operator_parts(
    settings: GatewaySettings, accounts: AccountSource | None = None
) -> dict[str, bool]:
    """Return which of the routes answer with something else than 404."""
    opened, stored = bool(settings.operator_keys), settings.store_url is not None
    return {
        "keys": opened and stored,
        "usage": opened and stored,
        "accounts": opened and accounts is not None,
    }


def operator_router(guard: OperatorGuard, accounts: AccountSource | None = None) -> APIRouter:
    """Return the routes.

    Args:
        guard: admits an operator's keys alone.
        accounts: Spark's accounts, where there are several.
    """

    async def check(request: Request) -> None:
        await guard.check(request)

    async def list_accounts() -> Response:
        if accounts is None:
            raise GatewayError(ErrorRow.NO_SUCH_ROUTE, "no accounts without [accounts]")
        body = to_json({"object": "list", "data": accounts.states()})
        return Response(body, headers=_NOT_KEPT, media_type="application/json")

    router = APIRouter(prefix="/operator", dependencies=[Depends(check)], include_in_schema=False)
    router.add_api_route("/keys", list_keys, methods=["GET"])
    router.add_api_route("/keys", create_key, methods=["POST"])
    router.add_api_route("/keys/{key_id}/revoke", revoke_key, methods=["POST"])
    router.add_api_route("/usage", report_usage, methods=["GET"])
    router.add_api_route("/accounts", list_accounts, methods=["GET"])
    return router


async def list_keys(state: State) -> Response:
    """List all keys."""
    return await _answered(_administration(state).keys)


async def create_key(request: Request, state: State) -> Response:
    """Make a key, which only this response shows."""
    administration = _administration(state)
    wanted, _ = parse_body(NewKey, await _read_short(request), "refuse")
    return await _answered(lambda: administration.add(wanted), 201)


async def revoke_key(key_id: str, state: State) -> Response:
    """Revoke a key, for good."""
    administration = _administration(state)
    return await _answered(lambda: administration.revoke(key_id))


async def report_usage(
    state: State, by: str = "key", since: str = _DEFAULT_SINCE, key: str | None = None
) -> Response:
    """Sum usage up."""
    administration = _administration(state)
    if (wanted := _BY.get(by)) is None:
        words = f"by is {by[:20]!r}; use {', '.join(_BY)}"
        raise GatewayError(ErrorRow.INVALID_VALUE, words, param="by")
    return await _answered(lambda: administration.usage(wanted, since, key))


async def _read_short(request: Request) -> bytearray:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > _MAX_BODY_BYTES:
            message = f"the request is larger than {_MAX_BODY_BYTES} bytes"
            raise GatewayError(ErrorRow.BODY_TOO_LARGE, message, headers={"connection": "close"})
    return data


def _administration(state: GatewayState) -> StoreAdministration:
    if state.store is None:
        raise GatewayError(ErrorRow.NO_SUCH_ROUTE, "no keys and no usage without store_url")
    return state.store.administration


async def _answered(work: Callable[[], object], status: int = 200) -> Response:
    """Do something that waits for the database, and return the response with its result."""
    try:
        result = await asyncio.to_thread(work)
    except StoreUnavailableError as error:
        raise GatewayError(ErrorRow.STORE_UNAVAILABLE, str(error), headers=_SOON) from error
    except NoSuchKeyError as error:
        raise GatewayError(ErrorRow.NO_SUCH_KEY, str(error)) from error
    except ConfigurationError as error:
        raise GatewayError(ErrorRow.INVALID_VALUE, str(error)) from error
    body = to_json(result)
    return Response(body, status, headers=_NOT_KEPT, media_type="application/json")
