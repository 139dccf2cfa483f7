"""The gateway as an ASGI ``app``, for hosts that start it by themselves.

It is set up by variables (``GATEWAY_…``). Such a host is open to everyone, so without a key of the
gateway's own (``GATEWAY_KEYS``) callers must bring their own Spark credentials.
"""

from __future__ import annotations

import logging.config

from iflytek_spark.gateway.app import create_app
from iflytek_spark.gateway.middleware.access_log import LOGGING
from iflytek_spark.gateway.settings import load_settings

logging.config.dictConfig(LOGGING)
settings = load_settings()
if not settings.with_keys:
    settings = settings.model_copy(update={"own_credentials": False})
app = create_app(settings)
