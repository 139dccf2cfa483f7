"""A local Spark, to try and test programs without an account.

It is a stand-in for the wire, not a language model: signatures, requests, frames and refusals
are the service's (PROTOCOL.md §2), the answers come from a few general rules::

    with running_emulator() as spark:
        client = SparkClient(credentials=spark.credentials, base_url=spark.base_url)
        spark.script(faults.Cut(after=2))

Start it for other programs with ``python -m iflytek_spark.emulator``.
"""

from __future__ import annotations

from iflytek_spark.emulator import faults
from iflytek_spark.emulator.choices import SERVICE_PACE
from iflytek_spark.emulator.faults import Fault
from iflytek_spark.emulator.journal import SeenHandshake, SeenRequest
from iflytek_spark.emulator.running import running_emulator
from iflytek_spark.emulator.server import Emulator

__all__ = [
    "SERVICE_PACE",
    "Emulator",
    "Fault",
    "SeenHandshake",
    "SeenRequest",
    "faults",
    "running_emulator",
]
