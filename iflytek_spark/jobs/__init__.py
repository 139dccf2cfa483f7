"""Labels or vectors for a file of rows, of any number: planned, resumable, each row once.

For instance::

    from iflytek_spark.jobs import label, plan

    asked = {"prompt": "Is this review positive? {text}", "model": "4.0Ultra"}
    print(plan("reviews.jsonl", "labels.jsonl", **asked))
    label("reviews.jsonl", "labels.jsonl", **asked)

- Every id of the input stands once in the output: with its result, or with its error and code.
- What is done stands in a journal beside the output. After any crash the same call goes on; the
  rows under way at that moment are paid twice, at most ``paid_twice`` of them.
- A finished job that is run again makes no call. A job whose prompt, model or input has changed is
  refused as long as the old journal is there.
- Calls keep to the account's rate (:mod:`iflytek_spark.rates`): workers do not make it faster.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iflytek_spark.errors import JobError
    from iflytek_spark.jobs.api import embed, label, plan
    from iflytek_spark.jobs.control import JobStatus, cancel, fetch, read_results, status
    from iflytek_spark.jobs.files.output import OutputKind
    from iflytek_spark.jobs.files.tables import JSONValue
    from iflytek_spark.jobs.options import (
        BadRows,
        JobOptions,
        LabelOptions,
        PlanOptions,
        VectorOptions,
        WayOptions,
    )
    from iflytek_spark.jobs.planner import Plan
    from iflytek_spark.jobs.results import Result, Via, Way
    from iflytek_spark.jobs.run import JobResult
    from iflytek_spark.jobs.tasks import Schema, SchemaTask, Task, read_messages, write_messages

__all__ = [
    "BadRows",
    "JSONValue",
    "JobError",
    "JobOptions",
    "JobResult",
    "JobStatus",
    "LabelOptions",
    "OutputKind",
    "Plan",
    "PlanOptions",
    "Result",
    "Schema",
    "SchemaTask",
    "Task",
    "VectorOptions",
    "Via",
    "Way",
    "WayOptions",
    "cancel",
    "embed",
    "fetch",
    "label",
    "plan",
    "read_messages",
    "read_results",
    "status",
    "write_messages",
]

_LAZY = {
    "BadRows": "iflytek_spark.jobs.options",
    "JSONValue": "iflytek_spark.jobs.files.tables",
    "JobError": "iflytek_spark.errors",
    "JobOptions": "iflytek_spark.jobs.options",
    "JobResult": "iflytek_spark.jobs.run",
    "JobStatus": "iflytek_spark.jobs.control",
    "LabelOptions": "iflytek_spark.jobs.options",
    "OutputKind": "iflytek_spark.jobs.files.output",
    "Plan": "iflytek_spark.jobs.planner",
    "PlanOptions": "iflytek_spark.jobs.options",
    "Result": "iflytek_spark.jobs.results",
    "Schema": "iflytek_spark.jobs.tasks",
    "SchemaTask": "iflytek_spark.jobs.tasks",
    "Task": "iflytek_spark.jobs.tasks",
    "VectorOptions": "iflytek_spark.jobs.options",
    "Via": "iflytek_spark.jobs.results",
    "Way": "iflytek_spark.jobs.results",
    "WayOptions": "iflytek_spark.jobs.options",
    "cancel": "iflytek_spark.jobs.control",
    "embed": "iflytek_spark.jobs.api",
    "fetch": "iflytek_spark.jobs.control",
    "label": "iflytek_spark.jobs.api",
    "plan": "iflytek_spark.jobs.api",
    "read_messages": "iflytek_spark.jobs.tasks",
    "read_results": "iflytek_spark.jobs.control",
    "status": "iflytek_spark.jobs.control",
    "write_messages": "iflytek_spark.jobs.tasks",
}
"""Where each is: it is loaded when it is first asked for, since adapters name a few only."""


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
