"""Who calls, as settings of an adapter's model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from iflytek_spark.adapters.fields import Secret, as_secret, secret_field
from iflytek_spark.credentials import Credentials

KEYS = ("api_key", "api_secret", "api_password", "maas_api_key")
"""The settings that no pickle holds."""


class KeySettings(BaseModel):
    """The keys of an account."""

    model_config = ConfigDict(
        arbitrary_types_allowed=True,
        extra="forbid",
        hide_input_in_errors=True,
        defer_build=True,  # of no use by itself: building validators takes ms of each import
    )

    app_id: str | None = Field(
        default=None, description="APPID of the console; from the environment by default."
    )
    api_key: Secret | None = secret_field("APIKey")
    api_secret: Secret | None = secret_field("APISecret")
    api_password: Secret | None = secret_field("APIPassword, for models over HTTP,")
    maas_api_key: Secret | None = secret_field("Key of a MaaS service or plan")

    def _resolve_credentials(self) -> None:
        found = self._credentials()
        self.app_id = found.app_id or None
        for name in KEYS:
            value = getattr(found, name)
            setattr(self, name, SecretStr(value) if value else None)

    def _credentials(self) -> Credentials:
        given = {name: getattr(self, name) for name in KEYS}
        key, secret, password, maas = (
            as_secret(value).get_secret_value() if value else None for value in given.values()
        )
        return Credentials.resolve(
            self.app_id, key, secret, api_password=password, maas_api_key=maas
        )
