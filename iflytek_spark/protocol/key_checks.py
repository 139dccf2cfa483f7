"""Whether the keys at hand are those that a model needs, which is told before the first call."""

from __future__ import annotations

from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import MissingCredentialsError
from iflytek_spark.models.routes import WireChoice, route
from iflytek_spark.models.services import Service
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.bearer import app_of, maas_key
from iflytek_spark.protocol.dialects import chat_dialect


def check_keys(asked: ModelSpec | Service, wire: WireChoice, credentials: Credentials) -> None:
    """Check that there is a key for what is going to be asked.

    Args:
        asked: a model, which may be asked with tools alone, over another wire; or a service.
        wire: over which wire chats go.
        credentials: the keys at hand.

    Raises:
        MissingCredentialsError: when the keys that it needs are not there; it names their
            variables.
        InvalidRequestError: when the model is not reached over the wire.
    """
    if isinstance(asked, Service):
        (app_of if asked.signed else maas_key)(credentials)
        return
    missing: list[MissingCredentialsError] = []
    for tools in (False, True):
        row = route(asked, wire, tools=tools)
        try:
            chat_dialect(row).open(row.url, credentials, 0.0)
        except MissingCredentialsError as error:
            missing.append(error)
        else:
            return
    raise missing[0]
