"""Programs of one file, run in a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys

QUIET = """
import asyncio, logging, os, sys, time
logging.getLogger("asyncio").setLevel(logging.ERROR)  # a slow machine is no matter here
"""


def run_program(environment: dict[str, str], code: str) -> subprocess.CompletedProcess[str]:
    """Run a program that warns of everything but its own fork, and must end soon."""
    warnings = ("-W", "error::ResourceWarning", "-W", "ignore:This process:DeprecationWarning")
    return subprocess.run(
        [sys.executable, "-X", "dev", *warnings, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | environment,
    )
