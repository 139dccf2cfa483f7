"""What every adapter for an AI framework needs: a model's own options joined with a call's."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from iflytek_spark.catalogue import resolve
from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import Message, Tool, WebSearch
from iflytek_spark.model_spec import ModelSpec

MODEL_OPTIONS = (
    "temperature",
    "top_k",
    "max_tokens",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "stop",
    "uid",
    "web_search",
    "thinking",
)
"""The options that are fields of an adapter's model."""

_FOR_OTHERS = ("parallel_tool_calls", "strict")
"""Options of other providers that change nothing here: Spark gives one tool call an answer, and
its arguments are validated by whoever asked for them."""


_Client = TypeVar("_Client")
_kept: dict[int, dict[type, tuple[dict[str, Any], Any]]] = {}
"""By model and class: the settings and the client made of them."""


def without_keys(state: dict[Any, Any]) -> dict[Any, Any]:
    """Take the keys out of what an adapter's model is about to be pickled as.

    The model that comes out of the pickle reads them from the environment; see
    :class:`~iflytek_spark.Credentials`. What cannot be pickled either is None in it.

    Args:
        state: as pydantic's ``__getstate__`` gives it.

    Returns:
        The same without keys.
    """
    lost = dict.fromkeys(("ssl_context", "client", "async_client"))
    fields = {**lost, **state["__dict__"], "api_key": None, "api_secret": None}
    return {**state, "__dict__": fields}


def credentials_of(model: Any) -> Credentials:
    """Return the credentials of an adapter's model; what it lacks comes from the environment.

    Args:
        model: has ``app_id``, and ``api_key`` and ``api_secret`` as SecretStr.

    Raises:
        MissingCredentialsError: when a value is found in neither place.
    """
    key, secret = (
        given and given.get_secret_value() for given in (model.api_key, model.api_secret)
    )
    return Credentials.resolve(model.app_id, key, secret)


def client_settings(model: Any) -> dict[str, Any]:
    """Return the arguments of the clients of an adapter's model.

    Args:
        model: has the fields of a client beside those of :func:`credentials_of`.

    Returns:
        Keyword arguments for both clients.

    Raises:
        MissingCredentialsError: when a credential is missing.
    """
    names = ("base_url", "timeout", "max_retries", "proxy", "ssl_context")
    settings = {name: getattr(model, name) for name in names}
    settings["preconnect"] = getattr(model, "preconnect", 0)
    return {"credentials": credentials_of(model), **settings}


def client_of(model: object, kind: type[_Client], settings: dict[str, Any]) -> _Client:
    """Return a client for a call of an adapter's model.

    It is a new one, unless it opens connections ahead: then the model's next calls need it
    again. It is kept beside the model, so that no copy and no pickle of the model has it, and
    is forgotten with the model.

    Args:
        model: whose call it is.
        kind: the client's class.
        settings: the client's arguments; others than last time make a new client.

    Returns:
        The client.
    """
    if not settings["preconnect"]:
        return kind(**settings)
    place = id(model)
    if place not in _kept:
        _kept[place] = {}
        weakref.finalize(model, _kept.pop, place, None)
    clients = _kept[place]
    if kind not in clients or clients[kind][0] != settings:
        clients[kind] = (settings, kind(**settings))
    client: _Client = clients[kind][1]
    return client


def join_options(
    model: object,
    given: Mapping[str, Any],
    to_tools: Callable[[Any], Sequence[Tool]],
    to_choice: Callable[[Any], str | None],
) -> dict[str, Any]:
    """Join the options of a call with those of an adapter's model; the call's win.

    Args:
        model: the adapter's model, with a field for each of :data:`MODEL_OPTIONS`, ``model`` and
            ``model_kwargs``.
        given: the options of the call, in the framework's form.
        to_tools: translates the framework's tools.
        to_choice: translates the framework's tool choice.

    Returns:
        Keyword arguments for :meth:`iflytek_spark.SparkClient.stream`.

    Raises:
        InvalidRequestError: for a web search with unknown keys.
    """
    options = {name: getattr(model, name) for name in (*MODEL_OPTIONS, "model")}
    options["extra"] = {**getattr(model, "model_kwargs", {}), **given.get("model_kwargs", {})}
    passed_over = (*_FOR_OTHERS, "model_kwargs")
    options.update((name, value) for name, value in given.items() if name not in passed_over)
    options["tools"] = to_tools(options.get("tools") or ())
    options["tool_choice"] = to_choice(options.get("tool_choice"))
    options["web_search"] = _web_search(options["web_search"])
    return options


def route_images(
    options: dict[str, Any], image_model: str | ModelSpec | None, messages: Iterable[Message]
) -> None:
    """Send a call with an image to a model that can look at it.

    Args:
        options: the call's options as :func:`join_options` gives them, changed in place: web
            search and thinking are abilities of the text model and do not go along.
        image_model: what answers in place of a model that cannot look at images; None keeps
            it, so that the call is refused.
        messages: the conversation.
    """
    if image_model is None or resolve(options["model"]).images:
        return
    if any(message.images for message in messages):
        options |= {"model": image_model, "web_search": False, "thinking": None}


def _web_search(given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    try:
        return WebSearch(**given)
    except TypeError as error:
        raise InvalidRequestError(
            f"web_search is {dict(given)!r}", hint="its keys are mode and citations"
        ) from error
