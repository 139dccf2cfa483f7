"""Whether there is a key for what is going to be asked: every kind of key and of thing."""

from __future__ import annotations

import pytest

from iflytek_spark.credentials import Credentials
from iflytek_spark.errors import MissingCredentialsError
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.models.services import EMBEDDING, MAAS_EMBEDDING, MAAS_RERANK, Service
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.protocol.key_checks import check_keys

KEYS = {
    "app": Credentials("app", "key", "secret"),
    "password": Credentials(api_password="a password"),
    "maas": Credentials(maas_api_key="a MaaS key"),
}
SERVED: list[tuple[ModelSpec | Service, set[str]]] = [
    (find_model("4.0Ultra"), {"app"}),
    (find_model("x2"), {"app", "password"}),  # its tools go over HTTP
    (find_model("x2-flash"), {"app", "password"}),
    (find_model("spark-x2.5"), {"maas"}),
    (EMBEDDING, {"app"}),
    (MAAS_EMBEDDING, {"maas"}),
    (MAAS_RERANK, {"maas"}),
]


@pytest.mark.parametrize(("asked", "enough"), SERVED)
def test_the_keys_that_are_enough(asked: ModelSpec | Service, enough: set[str]) -> None:
    for kind, credentials in KEYS.items():
        if kind in enough:
            check_keys(asked, "auto", credentials)
        else:
            with pytest.raises(MissingCredentialsError, match="SPARK_"):
                check_keys(asked, "auto", credentials)
