"""The walls of the house: what may be imported where, and that no library's error gets out."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import iflytek_spark

CORE = Path(iflytek_spark.__file__).parent
PURE_ROOM = sorted((CORE / "protocol").glob("*.py"))
IMPURE = {"socket", "ssl", "time", "random", "asyncio", "threading", "os", "secrets", "uuid"}
LIBRARIES = {"websocket", "websockets", "httpx", "httpx2", "python_socks", "requests", "dotenv"}
FRAMES = {CORE / "protocol" / name for name in ("frames.py", "service_frames.py")}
VENDOR_KEYS = {"payload", "choices", "question_tokens"}
CHAT_KEYS = {"question_tokens", "reasoning_content", "function_call", "show_ref_label"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def strings(path: Path) -> Iterator[str]:
    """Every text in a file's code; the docstrings, which are sentences, are never a key."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", PURE_ROOM, ids=lambda path: path.name)
def test_the_pure_room_knows_no_time_chance_or_network(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imports(path)}
    assert not tops & (IMPURE | LIBRARIES)


def test_the_pure_room_knows_no_transport_and_no_client() -> None:
    beyond = ("iflytek_spark.transports", "iflytek_spark.client", "iflytek_spark.emulator")
    known = {name for path in PURE_ROOM for name in imports(path)}
    assert not [name for name in known if name.startswith(beyond)]


def test_the_vendors_keys_stand_in_the_bodies_of_the_protocol_alone() -> None:
    files = set(CORE.rglob("*.py")) - set((CORE / "gateway").rglob("*.py"))  # "choices" is OpenAI's
    found = {path for path in files if VENDOR_KEYS & set(strings(path))}
    assert found >= FRAMES
    assert found <= set(PURE_ROOM)
    assert {path for path in found if CHAT_KEYS & set(strings(path))} == FRAMES


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a fresh interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_core_loads_no_socket_library_and_no_framework() -> None:
    frameworks = {"langchain_core", "llama_index", "langchain_spark", "llama_index_spark"}
    assert not loaded_by("import iflytek_spark") & (LIBRARIES | frameworks)


def test_the_sync_client_does_not_load_the_library_of_the_async_one() -> None:
    assert "websockets" not in loaded_by("import iflytek_spark.transports.sync")
    assert "websocket" not in loaded_by("import iflytek_spark.transports.aio")
