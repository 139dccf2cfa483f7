"""The walls of the house: what may be imported where, and that no library's error gets out."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import iflytek_spark
from tests._support.packages import ADAPTERS

CORE = Path(iflytek_spark.__file__).parent
PURE_ROOM = sorted((CORE / "protocol").rglob("*.py"))
IMPURE = {"socket", "ssl", "time", "random", "asyncio", "threading", "os", "secrets", "uuid"}
LIBRARIES = {"websocket", "websockets", "httpx", "httpx2", "python_socks", "requests", "dotenv"}
WIRE = CORE / "protocol" / "wire"
FRAMES = {WIRE / f"chat_{half}.py" for half in ("client", "lenient", "server")}
BODIES = {WIRE / "openai" / name for name in ("chunk_reader.py", "maas.py", "spark_open.py")}
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
    assert found <= set(WIRE.rglob("*.py")) | {CORE / "protocol" / "chat.py"}
    assert {path for path in found if CHAT_KEYS & set(strings(path))} == FRAMES | BODIES


FRONT_DOOR = {
    "iflytek_spark",
    "iflytek_spark.adapters",
    "iflytek_spark.batches",
    "iflytek_spark.emulator",
    "iflytek_spark.env_file",
    "iflytek_spark.errors",
    "iflytek_spark.jobs",
    "iflytek_spark.rates",
    "iflytek_spark.settings",
}
USERS_OF_THE_FRONT_DOOR = [
    path
    for room in (*(CORE.parent / name for name in ADAPTERS), CORE / "gateway")
    for path in sorted(room.rglob("*.py"))
]


def past_the_front_door(path: Path) -> Iterator[str]:
    """What a file imports of the core that is not public."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("iflytek_spark."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("iflytek_spark"):
            if str(node.module).startswith("iflytek_spark.gateway"):
                continue
            if node.module not in FRONT_DOOR:
                yield str(node.module)
            else:
                names = {f"{node.module}.{name.name}" for name in node.names}
                yield from names - FRONT_DOOR - public_names(node.module)


def public_names(module: str) -> set[str]:
    """The names that a module lists, or all of one that has no list."""
    members = vars(importlib.import_module(module))
    return {f"{module}.{name}" for name in members.get("__all__", members)}


@pytest.mark.parametrize(
    "path", USERS_OF_THE_FRONT_DOOR, ids=lambda path: f"{path.parent.name}/{path.name}"
)
def test_adapters_and_the_gateway_use_the_front_door(path: Path) -> None:
    assert list(past_the_front_door(path)) == []


@pytest.mark.parametrize(
    "line",
    [
        "import iflytek_spark.client",
        "from iflytek_spark.client import SparkClient",
        "from iflytek_spark import catalogue",
        "from iflytek_spark.adapters import openai",
        "from iflytek_spark.adapters.structured import ValidatedRequest",
    ],
)
def test_what_is_not_public_is_seen(line: str, tmp_path: Path) -> None:
    (tmp_path / "adapter.py").write_text(f"def later():\n    {line}\n")
    assert list(past_the_front_door(tmp_path / "adapter.py"))


PROGRAMS = ("gateway", "cli")


def readers_of_the_environment(path: Path) -> Iterator[str]:
    """The functions that name the process's environment."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [each for each in ast.walk(node) if isinstance(each, ast.Attribute)]
            if any(each.attr in ("environ", "getenv", "environb") for each in inner):
                yield f"{path.stem}.{node.name}"


def test_the_core_reads_the_environment_in_one_function() -> None:
    files = [path for path in CORE.rglob("*.py") if path.relative_to(CORE).parts[0] not in PROGRAMS]
    readers = [name for path in files for name in readers_of_the_environment(path)]
    assert readers == ["credentials.environment"]
    for name in ADAPTERS:
        for path in (CORE.parent / name).rglob("*.py"):
            assert not list(readers_of_the_environment(path))


def loaded_by(statement: str) -> set[str]:
    """The top-level packages that a fresh interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_core_loads_no_socket_library_and_no_framework() -> None:
    frameworks = {"langchain_core", "llama_index", "langchain_spark", "llama_index_spark"}
    assert not loaded_by("import iflytek_spark") & (LIBRARIES | frameworks)


def test_jobs_load_no_parquet_before_it_is_asked_for() -> None:
    assert "pyarrow" not in loaded_by("import iflytek_spark.jobs, iflytek_spark.cli.batch")


def test_the_sync_client_does_not_load_the_library_of_the_async_one() -> None:
    assert "websockets" not in loaded_by("import iflytek_spark.transports.ws_sync")
    assert "websocket" not in loaded_by("import iflytek_spark.transports.ws_async")
