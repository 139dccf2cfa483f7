"""A caller sees his own files and batches alone, and the models of his key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import openai
import pytest

from iflytek_spark import Credentials
from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.gateway.batches.owners import OwnedIds
from iflytek_spark.gateway.middleware.auth import new_key
from tests.gateway.batches.test_openai_batches import rows, run
from tests.gateway.conftest import RunningGateway
from tests.gateway.gateway_helpers import one_gateway

ROWS = rows(1).replace(b"gpt-4o", b"4.0Ultra")


@pytest.fixture(scope="module")
def clients() -> Iterator[tuple[openai.OpenAI, openai.OpenAI]]:
    keys = {name: new_key() for name in ("anna", "boris")}
    with ExitStack() as stack:
        hashes = {name: hashed for name, (_, hashed) in keys.items()}
        gateway = stack.enter_context(one_gateway(keys=hashes))
        anna, boris = (
            stack.enter_context(openai.OpenAI(base_url=gateway.url, api_key=key, max_retries=0))
            for key, _ in keys.values()
        )
        yield anna, boris


ASKED: list[Callable[[openai.OpenAI, str, str], object]] = [
    lambda client, file, _: client.files.retrieve(file),
    lambda client, file, _: client.files.content(file),
    lambda client, file, _: client.files.delete(file),
    lambda client, file, _: client.batches.create(
        input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h"
    ),
    lambda client, _, batch: client.batches.retrieve(batch),
    lambda client, _, batch: client.batches.cancel(batch),
]


@pytest.mark.parametrize("ask", ASKED, ids=map(str, range(len(ASKED))))
def test_nobody_reaches_what_is_anothers(
    clients: tuple[openai.OpenAI, openai.OpenAI],
    ask: Callable[[openai.OpenAI, str, str], object],
) -> None:
    anna, boris = clients
    batch = run(anna, ROWS)
    with pytest.raises(openai.NotFoundError) as caught:
        ask(boris, batch.input_file_id, batch.id)
    assert caught.value.code == "no_such_file"
    unsigned = batch.input_file_id.rpartition("-")[0]
    with pytest.raises(openai.NotFoundError):
        ask(anna, unsigned, batch.id.rpartition("-")[0])


def test_lists_hold_ones_own(clients: tuple[openai.OpenAI, openai.OpenAI]) -> None:
    anna, boris = clients
    ours = {run(client, ROWS).id for client in (anna, anna)}
    theirs = run(boris, ROWS)
    assert ours <= {batch.id for batch in anna.batches.list()}
    assert theirs.id not in {batch.id for batch in anna.batches.list()}
    assert {batch.id for batch in boris.batches.list()} == {theirs.id}
    assert theirs.input_file_id in {file.id for file in boris.files.list()}
    assert theirs.input_file_id not in {file.id for file in anna.files.list()}


def test_an_id_is_an_owners_and_an_accounts() -> None:
    ids = OwnedIds(Credentials(api_password="one"))
    others = OwnedIds(Credentials(api_password="two"))
    shown = ids.sign("anna", "file-1")
    assert ids.check("anna", shown) == "file-1"
    assert ids.sign("anna", "") == ""
    for owner, given, checked in [
        ("boris", shown, ids),
        ("anna", shown, others),
        ("anna", "file-1", ids),
        ("anna", shown + "0", ids),
        ("anna", "-" + ids.tag("anna"), ids),
        ("anna", "", ids),
    ]:
        assert checked.check(owner, given) is None


def test_of_several_accounts_each_keeps_its_own(running_gateway: RunningGateway) -> None:
    with running_emulator() as first, running_emulator() as second, ExitStack() as stack:

        def gateway(*sparks: Emulator) -> openai.OpenAI:
            accounts = {
                f"account{number}": {
                    "api_password": spark.http_keys.api_password,
                    "base_url": spark.base_url,
                }
                for number, spark in enumerate(sparks)
            }
            url = running_gateway(accounts=accounts)
            return stack.enter_context(
                openai.OpenAI(base_url=f"{url}/v1", api_key="any", max_retries=0)
            )

        made = run(gateway(first), ROWS)
        both = gateway(second, first)
        assert both.batches.retrieve(made.id).id == made.id
        assert [batch.id for batch in both.batches.list()] == [made.id]
        assert len(second.requests) == 1  # the list
