"""A local Spark, to try and test programs without an account.

It is a stand-in for the wire, not a language model: signatures, requests, frames and refusals
are the service's (PROTOCOL.md §2); what it answers, a test says itself, and where it says nothing
a few general rules do::

    with running_emulator(respond=lambda request: Reply("42")) as spark:
        client = SparkClient(credentials=spark.credentials, base_url=spark.base_url)
        assert client.chat("What is six times seven?").text == "42"
        spark.script(faults.Cut(after=2))

Start it for other programs with ``python -m iflytek_spark.emulator``.
"""

from __future__ import annotations

from iflytek_spark.emulator import faults
from iflytek_spark.emulator.assumptions import SERVICE_PACE
from iflytek_spark.emulator.batches.options import BatchFate, BatchOptions
from iflytek_spark.emulator.http.keys import HttpKeys
from iflytek_spark.emulator.http.options import HttpOptions
from iflytek_spark.emulator.plan import Fault
from iflytek_spark.emulator.replies import Call, Reply, Respond, SeenChat
from iflytek_spark.emulator.request_log import SeenHandshake, SeenRequest
from iflytek_spark.emulator.server import Emulator
from iflytek_spark.emulator.threaded import running_emulator

__all__ = [
    "SERVICE_PACE",
    "BatchFate",
    "BatchOptions",
    "Call",
    "Emulator",
    "Fault",
    "HttpKeys",
    "HttpOptions",
    "Reply",
    "Respond",
    "SeenChat",
    "SeenHandshake",
    "SeenRequest",
    "faults",
    "running_emulator",
]
