"""What every notebook and the app begin with: your keys, or else a local emulator."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
from dataclasses import dataclass

from dotenv import find_dotenv, load_dotenv

from iflytek_spark import Credentials, Endpoint
from iflytek_spark.emulator import Emulator, running_emulator
from iflytek_spark.errors import MissingCredentialsError


@dataclass(frozen=True)
class Connection:
    """Who answers.

    Attributes:
        emulator: the local stand-in, or None when the real service answers.
    """

    emulator: Emulator | None

    def __str__(self) -> str:
        """Say it in a line."""
        if self.emulator is None:
            address = Endpoint.from_env().base_url
            who = f"{address}（SPARK_BASE_URL）" if address else "讯飞星火 (iFlytek Spark)"
            return f"连接：{who}，使用你的密钥"
        return "连接：本地模拟器 (local emulator)。没有找到密钥；它按规则作答，不是大语言模型"


@functools.cache
def connect(pace: float = 0.002) -> Connection:
    """Load ``.env``; without keys in it or in the environment, start the emulator.

    The environment then leads every client to it, so no other line of a notebook differs.

    Args:
        pace: seconds between two pieces of the emulator's answers.

    Returns:
        Who answers. A second call returns the same.
    """
    load_dotenv(find_dotenv(usecwd=True))
    return Connection(None if _has_keys() else _start(pace))


def _has_keys() -> bool:
    try:
        Credentials.from_env()
    except MissingCredentialsError:
        return False
    return True


def _start(pace: float) -> Emulator:
    stack = contextlib.ExitStack()
    emulator = stack.enter_context(running_emulator(pace=pace))
    atexit.register(stack.close)
    os.environ.update(emulator.environment)
    return emulator
