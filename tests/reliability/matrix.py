"""The columns of the matrix, and all its cells."""

from __future__ import annotations

from tests.reliability.chats import CHATS
from tests.reliability.embeddings import EMBEDDINGS
from tests.reliability.gateway import GATEWAY
from tests.reliability.surfaces import Column

COLUMNS: tuple[Column, ...] = (*CHATS, *GATEWAY, *EMBEDDINGS)
