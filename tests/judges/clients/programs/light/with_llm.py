"""The command line ``llm``, with a model of its configuration."""

import os
import pathlib
import subprocess
import sys
import tempfile

from steps import BASE, HELLO, KEY, MODEL, SUNNY, WEATHER, WORLD, run, same, step

HOME = pathlib.Path(tempfile.mkdtemp())
(HOME / "extra-openai-models.yaml").write_text(
    f"- model_id: spark\n  model_name: {MODEL}\n  api_base: {BASE}\n  supports_tools: true\n"
    "  supports_schema: true\n",
    encoding="utf-8",
)
TOOL = 'def get_weather(city: str) -> str:\n    "今天的天气"\n    return city + "：晴"\n'


def said(*words):
    program = pathlib.Path(sys.executable).parent / "llm"
    environ = {**os.environ, "LLM_USER_PATH": str(HOME), "OPENAI_API_KEY": KEY}
    done = subprocess.run(
        [program, "-m", "spark", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@step
def chat():
    same(said("--no-stream", HELLO), WORLD)


@step
def stream():
    same(said(HELLO), WORLD)


@step
def tools():
    same(said("--functions", TOOL, WEATHER), SUNNY)


@step
def a_seed():
    same(said("-o", "seed", "7", HELLO), WORLD)


run()
