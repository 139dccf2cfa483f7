"""What the gateway asks of a store, for those who must not load one."""

from __future__ import annotations

from typing import Protocol

from iflytek_spark.gateway.middleware.auth import KeyStore
from iflytek_spark.gateway.middleware.request_log_record import RequestLogRecord
from iflytek_spark.gateway.operator.shapes import By, KeyInfo, KeyList, MadeKey, NewKey, UsageReport
from iflytek_spark.gateway.settings import GatewaySettings


class StoreAdministration(Protocol):
    """What an operator reads and changes; see :mod:`~..operator.administration`."""

    def keys(self) -> KeyList:
        """Return all keys."""

    def add(self, wanted: NewKey) -> MadeKey:
        """Make a key."""

    def revoke(self, wanted: str) -> KeyInfo:
        """Revoke a key."""

    def replace(self, settings: GatewaySettings) -> None:
        """Take settings that were read anew."""

    def usage(self, by: By, since: str, key: str | None = None) -> UsageReport:
        """Sum usage up."""


class GatewayStore(KeyStore, Protocol):
    """Keys and usage; see :class:`.store.Store`."""

    @property
    def administration(self) -> StoreAdministration:
        """What waits for the database."""

    def add(self, route: str, record: RequestLogRecord, ended: float) -> None:
        """Note the usage of a request that has ended."""
