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
        keys = spark.credentials
        environ = {
            "SPARK_APP_ID": keys.app_id,
            "SPARK_API_KEY": keys.api_key,
            "SPARK_API_SECRET": keys.api_secret,
        }
        with mock.patch.dict(os.environ, environ):
            app = create_app(load_settings(**{"base_url": spark.base_url, **settings}))
            with serving(app) as url:
                yield Gateway(f"{url}/v1", spark)
        assert spark.wait_until_idle(), "a test left a connection open"
