"""The whole examination: what is asked, in which order, and what makes further calls useless."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iflytek_spark.cli.doctor.assumed import Evidence, examine_assumptions
from iflytek_spark.cli.doctor.findings import Finding, Section, Verdict
from iflytek_spark.cli.doctor.network import check_host, host_of
from iflytek_spark.cli.doctor.products import KEYS, Product, products
from iflytek_spark.cli.doctor.recorder import PostRecorder, Recorder, write_recording
from iflytek_spark.cli.doctor.verdicts import KEY_REFUSED, read_error
from iflytek_spark.client import SparkClient
from iflytek_spark.credentials import Credentials
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.errors import PermissionDeniedError, SparkError
from iflytek_spark.messages import ChatResponse
from iflytek_spark.timeouts import Timeouts

_SEVERAL = 3
"""Refusals that are more than chance when there is nothing else."""


class Examination:
    """Tries what an account can do, one call after the other.

    Attributes:
        planned: the products that will be asked, unless a host or a key turns out useless.
    """

    def __init__(
        self,
        credentials: Credentials,
        endpoint: Endpoint,
        wanted: list[str],
        *,
        timeout: float,
        record: Path | None,
    ) -> None:
        """Plan without sending anything.

        Args:
            credentials: the keys.
            endpoint: model and address.
            wanted: names of products; all the usual ones when it is empty.
            timeout: seconds for each call.
            record: the folder of recordings, or None for none.
        """
        self._credentials = credentials
        self._endpoint = endpoint
        self._timeout = timeout
        self._record = record
        self._context = ssl.create_default_context()
        self._refused: set[str] = set()
        self._unreached: set[str] = set()
        self._evidence: list[Evidence] = []
        every = products(endpoint)
        self._skipped = {row.name: self._reason(row, wanted) for row in every}
        self._products = every
        self.planned = [row for row in every if self._skipped[row.name] is None]

    def hosts(self) -> list[str]:
        """Return an address at each host that will be asked."""
        return list({host_of(row.url): row.url for row in reversed(self.planned)}.values())[::-1]

    def network(self) -> Iterator[Finding]:
        """Reach each host once, without a key."""
        for url in self.hosts():
            findings = check_host(url, self._context, self._timeout)
            if not any(each.problem == "host-ok" for each in findings):
                self._unreached.add(host_of(url))
            yield from findings

    def products(self) -> Iterator[Finding]:
        """Ask each product once."""
        for row in self._products:
            yield self._skipped[row.name] or self._useless(row) or self._asked(row)
        own = [each for each in self._evidence if each.product.key == "app"]
        if len(own) >= _SEVERAL and all(_is_refused(each) for each in own):
            yield Finding(Section.PRODUCTS, "APPID", Verdict.WRONG, "all-refused")

    def assumptions(self) -> Iterator[Finding]:
        """Say what the calls have shown."""
        return examine_assumptions(self._evidence)

    def declined(self) -> Iterator[Finding]:
        """Name the products of an examination that was not wanted."""
        for row in self.planned:
            yield _not_tried(row, "declined")

    def _reason(self, row: Product, wanted: list[str]) -> Finding | None:
        if wanted and not row.named(wanted):
            return _not_tried(row, "not-asked", repr(row.name))
        if not row.url:
            return _not_tried(row, "other-path")
        if not row.may(self._credentials):
            return _not_tried(row, "no-key-for-it", KEYS[row.key])
        if not row.usual and not wanted:
            return _not_tried(row, "not-asked", repr(row.name))
        return None

    def _useless(self, row: Product) -> Finding | None:
        host = host_of(row.url)
        if host in self._unreached:
            return _not_tried(row, "host-failed", host)
        return _not_tried(row, "key-refused") if row.key in self._refused else None

    def _asked(self, row: Product) -> Finding:
        recorder: Recorder | PostRecorder
        if row.wire:
            recorder = Recorder(row.wire)
            client = SparkClient(**self._settings, transport=recorder)
        else:
            recorder = client = PostRecorder(**self._settings)
        started = time.monotonic()
        try:
            response = row.ask(client)
        except SparkError as error:
            finding = read_error(row.name, "http" if row.key == "maas" else row.wire, error)
            if row.key == "app" and finding.problem in KEY_REFUSED:
                self._refused.add(row.key)
            self._note(row, None, error, recorder)
            return finding
        self._note(row, response, None, recorder)
        return _works(row, response, time.monotonic() - started)

    @property
    def _settings(self) -> dict[str, Any]:
        limits = Timeouts(self._timeout, self._timeout, self._timeout, 2 * self._timeout)
        return {
            "credentials": self._credentials,
            "base_url": self._endpoint,
            "timeout": limits,
            "max_retries": 0,
            "ssl_context": self._context,
        }

    def _note(
        self,
        row: Product,
        response: ChatResponse | None,
        error: SparkError | None,
        recorder: Recorder | PostRecorder,
    ) -> None:
        messages = recorder.messages
        self._evidence.append(Evidence(row, response, error, tuple(map(len, messages))))
        if self._record is not None and messages:
            write_recording(self._record, row.name, row.wire, messages, self._credentials)


def _not_tried(row: Product, problem: str, detail: str = "") -> Finding:
    return Finding(Section.PRODUCTS, row.name, Verdict.NOT_TRIED, problem, detail)


def _is_refused(evidence: Evidence) -> bool:
    return isinstance(evidence.error, PermissionDeniedError)


def _works(row: Product, response: ChatResponse | None, seconds: float) -> Finding:
    parts = [f"{seconds * 1000:.0f} ms"]
    sid = None
    if response is not None:
        sid = response.sid or None
        if response.usage is not None:
            parts.append(f"{response.usage.total_tokens} tokens")
        parts += response.deviations
    return Finding(Section.PRODUCTS, row.name, Verdict.OK, "works", ", ".join(parts), sid=sid)
