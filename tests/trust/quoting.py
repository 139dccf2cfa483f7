"""A peer that quotes what it is asked, in every spelling, at every place of an answer."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import html
import json
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Literal
from urllib.parse import quote, unquote

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "percent-encoded": lambda text: quote(text, safe=""),
    "percent-encoded, small": lambda text: quote(text, safe="").lower(),
    "percent-encoded twice": lambda text: quote(quote(text, safe=""), safe=""),
    "percent-decoded": unquote,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 within": lambda text: base64.b64encode(f"x{text}".encode()).decode(),
    "base64url": lambda text: base64.urlsafe_b64encode(f"xy{text}".encode()).decode(),
    "HTML": html.escape,
    "HTML, by number": lambda text: "".join(f"&#{ord(letter)};" for letter in text),
    "JSON": lambda text: json.dumps(text).strip('"').replace("/", "\\/").replace("=", "\\u003d"),
    "JSON, by number": lambda text: "".join(f"\\u{ord(letter):04x}" for letter in text),
    "hexadecimal": lambda text: text.encode().hex(),
    "wrapped": lambda text: " ".join(text[at : at + 40] for at in range(0, len(text), 40)),
    "cut": lambda text: text[:90],
    "repr": lambda text: repr(text.encode()),
}

Answer = Callable[[str], bytes]
"""Makes an answer out of a quotation."""


def refusal(line: str, *, header: str = "") -> Answer:
    """An HTTP answer that quotes in its body, and in a header too."""

    def answer(quoted: str) -> bytes:
        further = f"{header}: {quoted}\r\n" if header else ""
        return _response(f"{line}\r\n{further}".rstrip(), f"Cannot answer {quoted}")

    return answer


def refusal_in_json(quoted: str) -> bytes:
    body = json.dumps({"message": f"fail to retrieve credential: {quoted}"})
    return _response("401 Unauthorized", body)


def error_of_the_service(quoted: str) -> bytes:
    return _response("200 OK", _error(quoted))


def no_http(quoted: str) -> bytes:
    return f"{quoted}\r\n\r\n".encode()


def reason_phrase(quoted: str) -> bytes:
    return _response(f"502 {quoted}", "")


def broken_header(quoted: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\n{quoted}\r\n\r\n".encode()


def error_frame(quoted: str) -> bytes:
    return _frame(1, _error(quoted).encode())


def broken_frame(quoted: str) -> bytes:
    return _frame(1, f"no JSON: {quoted}".encode())


def close_reason(quoted: str) -> bytes:
    reason = quoted.encode()[:120].decode(errors="ignore").encode()
    return _frame(8, (1011).to_bytes(2) + reason)


ON_OPENING: dict[str, Answer] = {
    "a page": refusal("404 Not Found"),
    "a page of a broken server": refusal("502 Bad Gateway", header="X-Debug"),
    "a redirect": refusal("302 Found", header="Location"),
    "a refusal in JSON": refusal_in_json,
    "no HTTP": no_http,
    "a reason": reason_phrase,
    "a broken header": broken_header,
}
ON_A_WEBSOCKET: dict[str, Answer] = {
    "an error frame": error_frame,
    "a broken frame": broken_frame,
    "the reason of a close frame": close_reason,
}


def _response(line: str, body: str) -> bytes:
    content = body.encode()
    return f"HTTP/1.1 {line}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def _error(quoted: str) -> str:
    header = {"code": 11200, "message": f"NoAuth: {quoted}", "sid": f"sid {quoted}"}
    return json.dumps({"header": header})


def _accept(head: str) -> bytes:
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    key = next(value for name, value in fields.items() if name.lower() == "sec-websocket-key")
    digest = hashlib.sha1(key.encode() + GUID, usedforsecurity=False).digest()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n\r\n"
    ).encode()


def _frame(opcode: int, payload: bytes) -> bytes:
    size = bytes((len(payload),)) if len(payload) < 126 else b"\x7e" + len(payload).to_bytes(2)
    return bytes((0x80 | opcode,)) + size + payload


class QuotingPeer:
    """Answers each connection by quoting its request, and hangs up.

    Attributes:
        url: where it listens, as a WebSocket's address.
        asked: how often it was asked.
    """

    def __init__(self, listener: socket.socket) -> None:
        self.url = f"ws://127.0.0.1:{listener.getsockname()[1]}"
        self.asked = 0
        self._answer: Answer = no_http
        self._spelling: Callable[[str], str] = str
        self._what: Literal["head", "body"] = "head"

    def quote(
        self, answer: Answer, spelling: Callable[[str], str], what: Literal["head", "body"] = "head"
    ) -> None:
        """Say how the next ones are answered, and what of them is quoted."""
        self._answer, self._spelling, self._what = answer, spelling, what

    def serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                with listener.accept()[0] as client, contextlib.suppress(OSError):
                    self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        client.settimeout(5)
        request = _read(client)
        if not request:
            return
        self.asked += 1
        head, _, body = request.partition("\r\n\r\n")
        if self._answer in ON_A_WEBSOCKET.values():
            client.sendall(_accept(head))
            body = _read_frame(client)
        quoted = head.replace("\r\n", " ") if self._what == "head" else body
        client.sendall(self._answer(self._spelling(quoted)))
        client.shutdown(socket.SHUT_WR)
        while client.recv(65536):
            pass


def _read(client: socket.socket) -> str:
    data = b""
    while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < _length(data):
        received = client.recv(65536)
        if not received:
            return ""
        data += received
    return data.decode("latin-1")


def _length(request: bytes) -> int:
    for line in request.partition(b"\r\n\r\n")[0].lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _read_frame(client: socket.socket) -> str:
    """Read one masked frame of a client."""
    with client.makefile("rb") as stream:
        size = stream.read(2)[1] & 0x7F
        if size > 125:
            size = int.from_bytes(stream.read(2 if size == 126 else 8))
        mask, payload = stream.read(4), stream.read(size)
    return bytes(code ^ mask[at % 4] for at, code in enumerate(payload)).decode()


@contextlib.contextmanager
def quoting_peer() -> Iterator[QuotingPeer]:
    """Run a peer that quotes."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        peer = QuotingPeer(listener)
        thread = threading.Thread(target=peer.serve, args=(listener,), daemon=True)
        thread.start()
        yield peer
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
