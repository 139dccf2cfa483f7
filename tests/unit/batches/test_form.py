"""Forms, however their bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.protocol.wire.batches.form import (
    FormError,
    FormReader,
    PartBegins,
    PartData,
    upload_form,
)


def read(reader: FormReader, data: bytes, size: int) -> list[tuple[str, str, bytes]]:
    parts: list[tuple[str, str, bytes]] = []
    for start in range(0, len(data), size):
        for part in reader.feed(data[start : start + size]):
            match part:
                case PartBegins(name, filename):
                    parts.append((name, filename, b""))
                case PartData(more):
                    name, filename, before = parts[-1]
                    parts[-1] = (name, filename, before + more)
    return parts


@given(st.binary(max_size=300), st.integers(1, 50))
def test_a_file_comes_out_as_it_went_in(content: bytes, size: int) -> None:
    form = upload_form("rows.jsonl", "b0undary")
    reader = FormReader(form.content_type)
    parts = read(reader, form.head + content + form.tail, size)
    assert parts == [("purpose", "", b"batch"), ("file", "rows.jsonl", content)]
    assert reader.done


@given(st.integers(1, 9))
def test_what_looks_like_a_mark_is_content(size: int) -> None:
    form = upload_form("rows.jsonl", "b0undary")
    content = b"--b0undary\r\n-b0undary\r\n--b0undar\r\n\r\n--b0undarx"
    parts = read(FormReader(form.content_type), form.head + content + form.tail, size)
    assert parts[1][2] == content


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data", "multipart/mixed; boundary=x", ""]
)
def test_another_kind_of_body_is_refused(content_type: str) -> None:
    with pytest.raises(FormError):
        FormReader(content_type)


def test_a_form_without_marks_is_refused_before_it_fills_the_memory() -> None:
    reader = FormReader("multipart/form-data; boundary=x")
    with pytest.raises(FormError, match="no head"):
        read(reader, b"y" * 100_000, 1000)


def test_a_part_without_a_name_is_refused() -> None:
    reader = FormReader('multipart/form-data; boundary="x y"')
    with pytest.raises(FormError, match="no name"):
        read(reader, b"--x y\r\nContent-Type: text/plain\r\n\r\nhello\r\n--x y--", 7)


def test_a_form_of_too_many_parts_is_refused() -> None:
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    with pytest.raises(FormError, match="more than 20"):
        read(FormReader("multipart/form-data; boundary=x"), part * 30, 100)
