"""Clients that live as long as the model that calls through them."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from typing import Any, TypeVar, cast

_Client = TypeVar("_Client")
_kept: dict[int, dict[type, tuple[Mapping[str, Any], object]]] = {}
"""By model and class: the settings and the client made of them."""


def kept_client(model: object, client_class: type[_Client], settings: Mapping[str, Any]) -> _Client:
    """Return the client of a model whose client opens connections ahead.

    It is kept beside the model, so that no copy and no pickle of the model has it, and is
    forgotten with the model.

    Args:
        model: whose call it is.
        client_class: the client's class.
        settings: the client's arguments; others than last time make a new client.
    """
    place = id(model)
    if place not in _kept:
        _kept[place] = {}
        weakref.finalize(model, _kept.pop, place, None)
    clients = _kept[place]
    if client_class not in clients or clients[client_class][0] != settings:
        clients[client_class] = (settings, client_class(**settings))
    return cast("_Client", clients[client_class][1])
