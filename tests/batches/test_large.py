"""120,000 rows: three files, of which one expires half done; the total is exact."""

from __future__ import annotations

from pathlib import Path

import pytest

from iflytek_spark.batches import BatchAnswer, BatchClient, BatchRequest, write_input_files
from iflytek_spark.emulator import BatchFate, BatchOptions, SeenChat, running_emulator

_ROWS = 120_000
_DAY = 24 * 3600


@pytest.mark.slow("the service's own limit of 50,000 rows a file makes three files of these")
@pytest.mark.timeout(600)
def test_of_three_files_one_expires_and_what_is_left_is_asked_again(tmp_path: Path) -> None:
    def respond(request: SeenChat) -> str:
        return f"answer to {request.text}"

    rows = (BatchRequest(f"row-{number}", f"{number}") for number in range(_ROWS))
    options = BatchOptions(delay=_DAY / 2, speed=1_000_000)
    answered: set[str] = set()
    left: list[str] = []
    counts: list[int] = []
    with (
        running_emulator(respond=respond, batches=options) as spark,
        BatchClient(spark.credentials, base_url=spark.base_url) as client,
    ):
        spark.script_batches(None, BatchFate("expired", shuffled=True))
        for file in write_input_files(rows, tmp_path / "first"):
            counts.append(file.rows)
            batch = client.wait(client.create_batch(client.upload_file(file)), interval=0.05)
            results = client.results(batch, ids=file)
            for each in results:
                assert isinstance(each, BatchAnswer)
                assert each.response.text == f"answer to {each.custom_id.removeprefix('row-')}"
                assert each.custom_id not in answered
                answered.add(each.custom_id)
            left += results.summary().missing
        assert counts == [50_000, 50_000, 20_000]
        assert len(left) == 25_000
        again = (BatchRequest(key, key.removeprefix("row-")) for key in left)
        (file,) = write_input_files(again, tmp_path / "second")
        batch = client.wait(client.create_batch(client.upload_file(file)), interval=0.05)
        summary = client.results(batch, ids=file).summary()
    assert (summary.answered, summary.missing, summary.failed) == (25_000, (), 0)
    assert len(answered) + summary.answered == _ROWS
