"""The gateway's configuration: from the environment (``GATEWAY_…``) and a TOML file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from iflytek_spark import Unsupported, WireChoice
from iflytek_spark.errors import ConfigurationError
from iflytek_spark.gateway.accounts.settings import AccountSettings, RoutingSettings
from iflytek_spark.gateway.batches.settings import BatchSettings
from iflytek_spark.gateway.openai.model_names import known_names
from iflytek_spark.gateway.responses.settings import ResponsesStoreSettings
from iflytek_spark.gateway.settings_checks import (
    ImageModel,
    Origin,
    check_origins,
    check_variables,
    problem_text,
    read_none,
)
from iflytek_spark.gateway.store.url import StoreURL

HashedKey = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
"""A key of the gateway's own as the configuration holds it; see :mod:`.middleware.auth`."""


ConfiguredNames = Annotated[Mapping[str, str], AfterValidator(known_names)]
"""Names for models, and what they mean."""


def _checked(url: SecretStr) -> SecretStr:
    """The parser's own message could show the password."""
    with suppress(ValueError):
        parts = urlsplit(url.get_secret_value())
        if parts.scheme in {"redis", "rediss"} and parts.hostname and parts.port != 0:
            return url
    raise ValueError("it is no URL like redis://:password@host:6379/0")


RedisURL = Annotated[SecretStr, AfterValidator(_checked)]
"""Where a Redis is; it may hold a password."""


class GatewaySettings(BaseSettings):
    """How the gateway is set up. Credentials of Spark are not here: they have their own variables.

    Attributes:
        host: the address to listen on; without ``keys`` one of this machine's own, like 127.0.0.1.
        port: the port to listen on.
        operator_port: a port of its own for ``/metrics``, ``/readyz`` and ``/docs``, which the
            other does not answer then; None for one port.
        operator_host: the address that it listens on.
        keys: names and hashes of the keys that callers may use.
        own_credentials: whether callers who bring no Spark credentials of their own are served
            with those of the environment.
        models: names that callers may use for models, beside the catalogue's.
        image_model: what answers a conversation with an image in place of a model that cannot
            look at images; None refuses it. Where None is legal, a file or a variable says
            ``none``.
        unsupported: whether fields of a request that the model has nothing for and that only tune
            the answer are left out and told in a header, or refused.
        base_url: another address of Spark, the emulator's for instance.
        wire: over which wire chats go: the WebSocket, HTTP, or ``auto``, which is the WebSocket
            where the model has it, and HTTP for models without one and for calls with tools on
            models that have tools over HTTP only.
        requests_per_minute: for each key; None for no limit.
        concurrent_requests: requests that a key may have under way at once; None for no limit.
        cors_origins: sites whose pages may ask from a browser, like ``https://chat.example.com``;
            ``*`` for all.
        redis_url: where the limits are counted, and responses kept, when several workers or
            machines share them.
        responses_store: what is kept of responses, for ``previous_response_id``; None for nothing.
        store_url: a database of further keys, and of usage; ``sqlite`` for a file here.
        usage_days: how long rows of usage are kept.
        operator_keys: names and hashes of the keys that ``/operator/…`` is open to.
        max_connections: callers' connections that a process keeps open at once; None for what
            its limit of open files allows.
        max_connections_per_address: of these, from one address (of IPv6, from one network of 64
            bits); None for three quarters. Behind a proxy all have its address.
        head_timeout: seconds that a caller has to send a request's line and headers.
        max_body_bytes: the largest request.
        max_bodies_bytes: the largest size of all requests under way together, of each worker.
        body_timeout: seconds that a caller has to send a request's body.
        write_timeout: seconds after which a caller that reads nothing of its response is
            disconnected.
        embeddings_per_second: the account's rate of embedding; None for no limit.
        connect_timeout: seconds to open a connection to Spark.
        first_token_timeout: seconds to the first token, of all tries together.
        token_timeout: seconds between two frames.
        total_timeout: seconds for a whole answer.
        max_retries: further tries after a failure that may pass, before the first token.
        shutdown_timeout: seconds that running responses have to finish when the gateway is
            stopped.
        worker_timeout: seconds that a worker may give no sign of life before another takes its
            place, where there are several.
        preconnect: connections to Spark that are kept ready.
        accounts: Spark's accounts by name, in place of the one of the environment.
        routing: how requests are shared among them.
        batches: bounds of ``/v1/files`` and ``/v1/batches``, or that there are none.
        opentelemetry: whether each request makes a span; needs the extra ``otel``, and is
            collected by what ``opentelemetry-instrument`` sets up around the gateway.
        page: whether there is a page at ``/`` to try models, and one at ``/docs``.
    """

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    operator_port: int | None = Field(None, ge=0, le=65535)
    operator_host: str = "127.0.0.1"
    keys: Mapping[str, HashedKey] = Field(default_factory=dict)
    own_credentials: bool = True
    models: ConfiguredNames = Field(default_factory=dict)
    image_model: ImageModel | None = "image"
    unsupported: Unsupported = "ignore"
    base_url: str | None = None
    wire: WireChoice = "auto"
    requests_per_minute: int | None = Field(None, ge=1)
    concurrent_requests: int | None = Field(None, ge=1)
    cors_origins: Annotated[tuple[Origin, ...], AfterValidator(check_origins)] = ()
    redis_url: RedisURL | None = None
    responses_store: ResponsesStoreSettings | None = None
    store_url: StoreURL | None = None
    usage_days: int = Field(90, ge=1, le=36500)
    operator_keys: Mapping[str, HashedKey] = Field(default_factory=dict)
    max_connections: int | None = Field(None, ge=1)
    max_connections_per_address: int | None = Field(None, ge=1)
    head_timeout: float = Field(10.0, gt=0)
    max_body_bytes: int = Field(16 * 1024 * 1024, ge=1024)
    max_bodies_bytes: int = Field(256 * 1024 * 1024, ge=1024)
    body_timeout: float = Field(30.0, gt=0)
    write_timeout: float = Field(60.0, gt=0)
    embeddings_per_second: float | None = Field(2.0, gt=0)
    connect_timeout: float = Field(10.0, gt=0)
    first_token_timeout: float = Field(60.0, gt=0)
    token_timeout: float = Field(60.0, gt=0)
    total_timeout: float = Field(600.0, gt=0)
    max_retries: int = Field(2, ge=0, le=10)
    shutdown_timeout: float = Field(30.0, ge=0)
    worker_timeout: float = Field(30.0, ge=1)
    preconnect: int = Field(0, ge=0)
    page: bool = True
    accounts: Mapping[str, AccountSettings] = Field(default_factory=dict)
    routing: RoutingSettings = Field(default_factory=lambda: RoutingSettings.model_validate({}))
    batches: BatchSettings = Field(default_factory=BatchSettings)
    opentelemetry: bool = False

    @model_validator(mode="before")
    @classmethod
    def _read_none(cls, values: Any) -> Any:
        return read_none(cls, values)

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if "*" in self.cors_origins and self.local_only:
            raise PydanticCustomError("cors", "cors_origins is '*', but there are no keys")
        return self

    @property
    def local_only(self) -> bool:
        """Whether the gateway's own Spark credentials are spent without keys: by this machine."""
        return self.own_credentials and not self.with_keys

    @property
    def with_keys(self) -> bool:
        """Whether callers need a key of the gateway's own: of the configuration or the store."""
        return bool(self.keys) or self.store_url is not None

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let arguments win over the environment, and the environment over the file."""
        file = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, file_secret_settings, file


def load_settings(path: Path | None = None, **given: Any) -> GatewaySettings:
    """Read the configuration.

    Args:
        path: a TOML file, or None for the environment alone.
        **given: settings that win over both.

    Returns:
        The settings.

    Raises:
        ConfigurationError: for a file that cannot be read, or a setting that cannot be used.
    """
    if path is not None and not path.is_file():
        raise ConfigurationError(f"there is no configuration file {path}")
    check_variables(GatewaySettings, os.environ)
    chosen: type[GatewaySettings] = GatewaySettings
    if path is not None:
        chosen = type("GatewaySettings", (GatewaySettings,), {"model_config": {"toml_file": path}})
    try:
        return chosen(**given)
    except (OSError, UnicodeDecodeError, TOMLDecodeError) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error
    except SettingsError as error:
        raise ConfigurationError(
            f"{error}", hint='write tables as JSON: GATEWAY_KEYS={"name": "sha256:…"}'
        ) from error
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        raise ConfigurationError(problem_text(GatewaySettings, problem)) from None
