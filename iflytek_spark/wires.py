"""The two ways to reach the service, and the choice between them."""

from __future__ import annotations

from typing import Literal, TypeAlias

Wire: TypeAlias = Literal["websocket", "http"]
"""How the service is spoken to."""

WireChoice: TypeAlias = Literal["auto", "websocket", "http"]
"""Over which wire calls go: ``auto`` is the WebSocket where the model has it, and HTTP for models
without one and for calls with tools on models that have tools over HTTP only."""

WIRES: tuple[WireChoice, ...] = ("auto", "websocket", "http")
