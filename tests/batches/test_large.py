"""Three files of one job, of which one expires half done; the total is exact."""

from __future__ import annotations

from pathlib import Path

import pytest

from iflytek_spark.batches import BatchAnswer, BatchClient, BatchRequest, write_input_files
from iflytek_spark.emulator import BatchFate, BatchOptions, SeenChat, running_emulator

_WHOLE = pytest.mark.slow("the service's own limit of 50,000 rows makes three files of 120,000")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "most", [500, pytest.param(50_000, marks=[_WHOLE, pytest.mark.exhaustive])]
)
def test_of_three_files_one_expires_and_what_is_left_is_asked_again(
    tmp_path: Path, most: int
) -> None:
    count = 12 * most // 5

    def respond(request: SeenChat) -> str:
        return f"answer to {request.text}"

    rows = (BatchRequest(f"row-{number}", f"{number}") for number in range(count))
    options = BatchOptions(delay=600, speed=200)
    answered: set[str] = set()
    left: list[str] = []
    counts: list[int] = []
    with (
        running_emulator(respond=respond, batches=options) as spark,
        BatchClient(spark.credentials, base_url=spark.base_url) as client,
    ):
        spark.script_batches(None, BatchFate("expired", shuffled=True))
        for file in write_input_files(rows, tmp_path / "first", max_rows=most):
            counts.append(file.rows)
            batch = client.wait(client.create_batch(client.upload_file(file)), interval=0.05)
            results = client.results(batch, ids=file)
            for each in results:
                assert isinstance(each, BatchAnswer)
                assert each.response.text == f"answer to {each.custom_id.removeprefix('row-')}"
                assert each.custom_id not in answered
                answered.add(each.custom_id)
            left += results.summary().missing
        assert counts == [most, most, 2 * most // 5]
        assert len(left) == most // 2
        again = (BatchRequest(key, key.removeprefix("row-")) for key in left)
        (file,) = write_input_files(again, tmp_path / "second")
        batch = client.wait(client.create_batch(client.upload_file(file)), interval=0.05)
        summary = client.results(batch, ids=file).summary()
    assert (summary.answered, summary.missing, summary.failed) == (most // 2, (), 0)
    assert len(answered) + summary.answered == count
