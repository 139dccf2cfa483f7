"""One gateway and the local Spark behind it, for all tests of a module."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest import mock

from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.settings import load_settings
from tests.gateway.serving import serving


class Gateway(NamedTuple):
    """A running gateway.

    Attributes:
        url: the base URL that OpenAI's client takes.
        spark: what is behind it.
    """

    url: str
    spark: Emulator


@contextmanager
def one_gateway(*, emulator: Mapping[str, Any] | None = None, **settings: Any) -> Iterator[Gateway]:
    """Run a gateway whose own credentials the local Spark accepts."""
    with running_emulator(**(emulator or {})) as spark:
        with mock.patch.dict(os.environ, spark.environment):
            app = create_app(load_settings(**settings))
            with serving(app) as url:
                yield Gateway(f"{url}/v1", spark)
        assert spark.wait_until_idle(), "a test left a connection open"
