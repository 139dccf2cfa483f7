"""Every step of every client works, but for those of which it is said why not."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.gateway_helpers import Gateway, one_gateway
from tests.judges.clients.responding import respond

PROGRAMS = Path(__file__).parent / "programs"
JUDGES = Path(__file__).parents[3] / ".venv-judges"
ENVIRONMENTS = {"light": "clients", "heavy": "clients-heavy"}
NAMES = {"gpt-4o": "4.0Ultra", "text-embedding-3-small": "spark-embedding"}
SECONDS = 240

WHY_NOT: dict[tuple[str, str], str] = {}
"""Steps that fail, and why; one that works all the same is a failure too."""


@pytest.fixture(scope="module")
def gateway() -> Iterator[Gateway]:
    settings = {"models": NAMES, "embeddings_per_second": None}
    with one_gateway(emulator={"respond": respond, "pace": 0}, **settings) as gateway:
        yield gateway


def environ(gateway: Gateway) -> dict[str, str]:
    """The address, and that nothing is to be told to anybody."""
    silent = {
        "ANONYMIZED_TELEMETRY": "False",
        "CREWAI_DISABLE_TELEMETRY": "true",
        "HAYSTACK_TELEMETRY_ENABLED": "False",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "MEM0_TELEMETRY": "False",
        "OTEL_SDK_DISABLED": "true",
        "RAGAS_DO_NOT_TRACK": "true",
    }
    address = {"OPENAI_BASE_URL": gateway.url, "OPENAI_API_KEY": "any"}
    return {**os.environ, **silent, **address, "NO_PROXY": "127.0.0.1", "PYTHONPATH": str(PROGRAMS)}


def steps_of(command: list[str | Path], gateway: Gateway, folder: Path) -> dict[str, str]:
    """Run a program; returns what was wrong with each of its steps, mostly nothing."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        cwd=folder,
        env=environ(gateway),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("STEP ")]
    assert lines, done.stderr[-3000:]
    return dict(json.loads(line.removeprefix("STEP ")) for line in lines)


def check(program: str, steps: dict[str, str]) -> None:
    expected = {name for known, name in WHY_NOT if known == program}
    problems = {name: problem for name, problem in steps.items() if problem}
    assert set(problems) == expected, problems


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize(
    "path", sorted(PROGRAMS.glob("*/with_*.py")), ids=lambda path: path.stem.removeprefix("with_")
)
def test_a_client(path: Path, gateway: Gateway, tmp_path: Path) -> None:
    python = JUDGES / ENVIRONMENTS[path.parent.name] / "bin/python"
    check(path.stem, steps_of([python, path], gateway, tmp_path))


@pytest.mark.timeout(SECONDS)
@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is missing")
def test_clients_for_javascript(gateway: Gateway, tmp_path: Path) -> None:
    servers = JUDGES / "servers"
    program = shutil.copy(PROGRAMS / "node/clients.mjs", servers)  # it finds its packages there
    check("clients", steps_of(["node", program], gateway, tmp_path))
