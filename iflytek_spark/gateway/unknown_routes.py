"""What a 404 says: where a route that OpenAI, Azure, Ollama or Gemini has is to be found here."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping

_NONE = "Spark has nothing like it"
_KEPT = "this gateway keeps no conversations: send all of it with each request"
_BATCHES = ("/v1/files", "/v1/batches")
_NO_BATCHES = "its operator has switched batches off: send the requests one by one, many at once"
_ADVICE: Mapping[str, str] = {
    "/v1/responses": "POST /v1/responses, and GET or DELETE /v1/responses/{id}, are all there is",
    "/v1/messages": "POST /v1/messages and /v1/messages/count_tokens are all there is",
    "/v1/images": "use /v1/images/generations, which draws from a description alone",
    "/v1/audio": f"{_NONE} among its chat models; speech is another product of iFlytek's",
    "/v1/realtime": f"{_NONE}: stream /v1/chat/completions",
    "/v1/videos": _NONE,
    "/v1/moderations": f"{_NONE}: Spark refuses by itself, with the code content_filter",
    "/v1/fine_tuning": f"{_NONE} here: models are trained on the console of the MaaS platform",
    "/v1/files": "files are for batches alone: POST, GET and DELETE /v1/files, and …/content",
    "/v1/uploads": _KEPT,
    "/v1/batches": "POST /v1/batches, GET /v1/batches/{id} and …/cancel are all there is",
    "/v1/assistants": _KEPT,
    "/v1/threads": _KEPT,
    "/v1/conversations": _KEPT,
    "/v1/vector_stores": f"{_KEPT}, and keep vectors of /v1/embeddings yourself",
    "/v1/containers": _NONE,
    "/v1/evals": _NONE,
    "/v1/organization": "the gateway's operator has /metrics",
    "/v1/engines": "GET /v1/models lists the models",
    "/v1/tokenize": f"{_NONE}: Spark's tokens are counted in each answer's usage",
    "/openai": "it is Azure's: take the plain client of OpenAI with the base URL …/v1",
    "/api": "it is Ollama's: take a client of OpenAI's API with the base URL …/v1",
    "/v1beta": "it is Gemini's: take a client of OpenAI's API with the base URL …/v1",
    "/v2/rerank": "use /v1/rerank",
    "/v1/decisions": _NONE,
}
"""By the beginning of a path; what the app has is never looked up."""

_VERSIONS = re.compile(r"^(/v1)+(?=/|$)")


def advice(path: str, routes: Collection[str]) -> str:
    """Say what to use in place of a path that the gateway does not have.

    Args:
        path: what was asked for.
        routes: the paths that there are.
    """
    bare = "/" + "/".join(filter(None, path.split("/")))
    once = "/v1" + _VERSIONS.sub("", bare)
    if once != bare and _is_there(once, routes):
        much = "holds /v1 twice" if bare.startswith("/v1") else "lacks /v1"
        return (
            f"the path {much}: the base URL of a client ends in one /v1, as in http://host:8000/v1"
        )
    if bare != path and _is_there(bare, routes):
        return f"use {bare}, without further slashes"
    if near := difflib.get_close_matches(bare, routes, n=1, cutoff=0.85):
        return f"did you mean {near[0]}?"
    starts = [start for start in _ADVICE if f"{bare}/".startswith(f"{start}/")]
    if starts:
        start = max(starts, key=len)
        return _NO_BATCHES if start in _BATCHES and start not in routes else _ADVICE[start]
    return f"this gateway has {', '.join(sorted(routes))}"


def _is_there(path: str, routes: Collection[str]) -> bool:
    return path in routes or any(
        route.endswith("}") and path.startswith(route.partition("{")[0]) for route in routes
    )
