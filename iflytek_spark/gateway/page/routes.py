"""``/``, ``/docs`` and ``/page/…``: the page and its files, for all who may reach the gateway."""

from __future__ import annotations

from typing import Annotated, TypedDict

from fastapi import APIRouter, FastAPI, Header, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from iflytek_spark import DEFAULT_MODEL, __version__
from iflytek_spark.gateway.page.files import HEADERS, page_files
from iflytek_spark.gateway.state import State

router = APIRouter(include_in_schema=False)

_OPERATOR = ("keys", "usage", "accounts")
_METHODS = ["GET", "HEAD"]


class Features(TypedDict):
    """What the page must know of its gateway before it asks for anything.

    Attributes:
        version: the package's.
        key_needed: whether callers need a key of the gateway's own.
        default_model: what is chosen at first.
        operator: which of the operator's routes there are.
    """

    version: str
    key_needed: bool
    default_model: str
    operator: list[str]


@router.api_route("/", methods=_METHODS)
async def page(if_none_match: Annotated[str, Header()] = "") -> Response:
    """Send the page."""
    return _file("index.html", if_none_match)


@router.api_route("/docs", methods=_METHODS)
async def docs(if_none_match: Annotated[str, Header()] = "") -> Response:
    """Send the page that shows the description of the routes."""
    return _file("docs.html", if_none_match)


@router.get("/page/features.json")
async def features(request: Request, state: State) -> Response:
    """Tell the page what this gateway has."""
    app: FastAPI = request.app
    found: Features = {
        "version": __version__,
        "key_needed": state.settings.with_keys,
        "default_model": DEFAULT_MODEL,
        "operator": [name for name in _OPERATOR if _has(app, f"/operator/{name}")],
    }
    return JSONResponse(found, headers=HEADERS)


@router.api_route("/page/{path:path}", methods=_METHODS)
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


def _has(app: FastAPI, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in app.routes)
