"""Forms with files (RFC 7578): written around a file, and read as their bytes come."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.message import Message
from typing import NamedTuple

from iflytek_spark.protocol.wire.batches.shapes import PURPOSE

_MAX_HEAD = 8192
_MAX_PARTS = 20
_LINE = b"\r\n"
_UNUSUAL = re.compile(r"[^A-Za-z0-9._-]")
_SUFFIX = ".jsonl"


class Form(NamedTuple):
    """What stands around a file.

    Attributes:
        content_type: the header of the request.
        head: what comes before the file.
        tail: what comes behind it.
    """

    content_type: str
    head: bytes
    tail: bytes


def upload_form(name: str, boundary: str) -> Form:
    """Write what uploads a file.

    Args:
        name: the file's name; what is unusual in it is replaced.
        boundary: what stands nowhere in the file.
    """
    name = _UNUSUAL.sub("_", name)
    name = name if name.endswith(_SUFFIX) else name + _SUFFIX
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="purpose"\r\n\r\n{PURPOSE}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/jsonl\r\n\r\n"
    )
    tail = f"\r\n--{boundary}--\r\n"
    return Form(f"multipart/form-data; boundary={boundary}", head.encode(), tail.encode())


class FormError(ValueError):
    """What is no form, or one with too many parts."""


class PartBegins(NamedTuple):
    """A part begins.

    Attributes:
        name: the field's name.
        filename: the file's name, or an empty string for a field that is no file.
    """

    name: str
    filename: str


class PartData(NamedTuple):
    """The next bytes of the part that began last."""

    data: bytes


class FormReader:
    """Takes the bytes of a form, and gives its parts as they come.

    Attributes:
        done: whether the form's end has come.
    """

    def __init__(self, content_type: str) -> None:
        """Start before the first byte.

        Raises:
            FormError: for a header of another kind.
        """
        header = Message()
        header["Content-Type"] = content_type
        boundary = header.get_boundary()
        if header.get_content_type() != "multipart/form-data" or not boundary:
            raise FormError("the body is no multipart/form-data with a boundary")
        self.done = False
        self._mark = f"\r\n--{boundary}".encode("latin-1")
        self._buffer = bytearray(_LINE)
        self._within = False
        self._parts = 0

    def feed(self, data: bytes) -> Iterator[PartBegins | PartData]:
        """Take the next bytes.

        Raises:
            FormError: for what is no form.
        """
        self._buffer += data
        while not self.done:
            if self._within:
                part = self._read_data()
                if part:
                    yield PartData(part)
                if self._within:
                    return
            else:
                begins = self._read_head()
                if begins is None:
                    return
                yield begins

    def _read_data(self) -> bytes:
        """Return the bytes of a part that are sure to be some."""
        end = self._buffer.find(self._mark)
        self._within = end < 0
        size = max(len(self._buffer) - len(self._mark) + 1, 0) if end < 0 else end
        part = bytes(self._buffer[:size])
        del self._buffer[:size]
        return part

    def _read_head(self) -> PartBegins | None:
        """Read the mark before a part, and the part's head; None until all of it has come."""
        start = self._buffer.find(self._mark)
        after = start + len(self._mark)
        if start >= 0 and self._buffer[after : after + 2] == b"--":
            self.done = True
            return None
        end = self._buffer.find(_LINE + _LINE, after) if start >= 0 else -1
        if end < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise FormError("a part of the form has no head")
            return None
        head = bytes(self._buffer[after:end])
        del self._buffer[: end + 4]
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise FormError(f"the form has more than {_MAX_PARTS} parts")
        self._within = True
        return _disposition(head)


def _disposition(head: bytes) -> PartBegins:
    for line in head.decode("utf-8", "replace").split("\r\n"):
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-disposition":
            header = Message()
            header["Content-Disposition"] = value.strip()
            name = header.get_param("name", "", "content-disposition")
            filename = header.get_param("filename", "", "content-disposition")
            return PartBegins(str(name), str(filename))
    raise FormError("a part of the form has no name")
