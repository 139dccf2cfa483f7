"""``/``, ``/docs`` and ``/page/…``: the page and its files, for all who may reach the gateway."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypedDict

from fastapi import APIRouter, Header, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from iflytek_spark import DEFAULT_MODEL, __version__
from iflytek_spark.gateway.page.files import HEADERS, page_files
from iflytek_spark.gateway.state import State

_METHODS = ["GET", "HEAD"]


class Features(TypedDict):
    """What the page must know of its gateway before it asks for anything.

    Attributes:
        version: the package's.
        key_needed: whether callers need a key of the gateway's own.
        default_model: what is chosen at first.
        operator: which of the operator's routes there are, on this port.
    """

    version: str
    key_needed: bool
    default_model: str
    operator: list[str]


def page_router(operator: Mapping[str, bool]) -> APIRouter:
    """Return the routes.

    Args:
        operator: the operator's routes, and whether there are such.
    """

    async def features(request: Request, state: State) -> Response:
        is_here = state.settings.operator_port in (None, (request.scope["server"] or ("", 0))[1])
        found: Features = {
            "version": __version__,
            "key_needed": state.settings.with_keys,
            "default_model": DEFAULT_MODEL,
            "operator": [name for name, is_there in operator.items() if is_there and is_here],
        }
        return JSONResponse(found, headers=HEADERS)

    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", page, methods=_METHODS)
    router.add_api_route("/docs", docs, methods=_METHODS)
    router.add_api_route("/page/features.json", features)
    router.add_api_route("/page/{path:path}", file, methods=_METHODS)
    return router


async def page(if_none_match: Annotated[str, Header()] = "") -> Response:
    """Send the page."""
    return _file("index.html", if_none_match)


async def docs(if_none_match: Annotated[str, Header()] = "") -> Response:
    """Send the page that shows the description of the routes."""
    return _file("docs.html", if_none_match)


async def file(path: str, if_none_match: Annotated[str, Header()] = "") -> Response:
    """Send a file of the page."""
    return _file(path, if_none_match)


def _file(path: str, known: str) -> Response:
    found = page_files().get(path)
    if found is None:
        raise HTTPException(404)
    headers = {**HEADERS, "etag": found.etag}
    if found.etag in known:
        return Response(status_code=304, headers=headers)
    return Response(found.content, headers={**headers, "content-type": found.media_type})
