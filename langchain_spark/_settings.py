"""The settings that embeddings and image generation share."""

from __future__ import annotations

import ssl
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, SecretStr, model_validator

from iflytek_spark import AsyncSparkClient, Credentials, SparkClient, Timeouts
from langchain_spark._errors import model_errors


class SparkSettings(BaseModel):
    """Who calls Spark, where, and how patiently. It holds values only, and can be pickled."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    app_id: str | None = None
    """APPID of the console; from the environment by default."""
    api_key: SecretStr | None = None
    """APIKey of the console; from the environment by default."""
    api_secret: SecretStr | None = None
    """APISecret of the console; from the environment by default."""
    base_url: str | None = None
    """Another address; without a path it replaces scheme and host only."""
    timeout: float | InstanceOf[Timeouts] | None = None
    """Seconds for a request with its retries, or the four time-outs."""
    max_retries: int = 2
    """Further tries after a failure that may pass."""
    proxy: str | None = Field(default=None, repr=False, exclude=True)
    """``http://…`` or ``socks5h://…``; by default what the environment says."""
    ssl_context: InstanceOf[ssl.SSLContext] | None = Field(default=None, repr=False, exclude=True)
    """Your own CA; certificates are always verified."""

    @model_validator(mode="after")
    def _check_settings(self) -> Self:
        """Refuse wrong settings and missing credentials now rather than at the first call."""
        with model_errors():
            found = Credentials.resolve(self.app_id, _text(self.api_key), _text(self.api_secret))
            self.app_id = found.app_id
            self.api_key, self.api_secret = SecretStr(found.api_key), SecretStr(found.api_secret)
            self._client()
        return self

    def _client(self) -> SparkClient:
        return SparkClient(**self._client_settings())

    def _async_client(self) -> AsyncSparkClient:
        return AsyncSparkClient(**self._client_settings())

    def _client_settings(self) -> dict[str, Any]:
        return {
            "credentials": Credentials.resolve(
                self.app_id, _text(self.api_key), _text(self.api_secret)
            ),
            "base_url": self.base_url,
            "timeout": self.timeout,
            "max_retries": self.max_retries,
            "proxy": self.proxy,
            "ssl_context": self.ssl_context,
        }


def _text(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
