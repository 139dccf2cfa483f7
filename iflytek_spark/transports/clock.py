"""Real time and chance, which the protocol has not."""

from __future__ import annotations

import random
import time

from iflytek_spark.protocol.steps import Clock

SYSTEM_CLOCK = Clock(time.time, time.monotonic, random.random)
"""The clock of a client that is given no other."""
