"""What a job can be set up with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias, TypedDict

from iflytek_spark import ChatOptions, EmbeddingKind, ModelSpec, Progress, SparkClient, TooLong
from iflytek_spark.jobs.planner import Plan
from iflytek_spark.jobs.results import Via
from iflytek_spark.jobs.tasks import Schema, Task
from iflytek_spark.rates import Turns

BadRows: TypeAlias = Literal["refuse", "report"]
"""What is done with a row that cannot be asked."""

PER_SECOND = 2.0
"""What an account may ask in a second unless it has bought more (PROTOCOL.md §10)."""


class JobOptions(TypedDict, total=False):
    """How any job is run.

    Attributes:
        id: the column of the ids: texts or whole numbers, each once; ``id`` by default.
        rate: what the account may ask, which every call waits for; by default that of ``client``,
            or else 2 a second in this process. See :mod:`iflytek_spark.rates`.
        client: who asks; by default one with the environment's keys.
        concurrency: calls at once, 8 by default. After a crash as many may be paid twice.
        bad_rows: whether a row that cannot be asked (no text, too long) ends the job before
            anything is sent (``refuse``, the default), or becomes an error in the output
            (``report``). A row without an id, or with that of another, always ends it.
        retry_errors: whether rows are asked again that ended as errors; False by default.
        on_progress: is called with how many rows are done, and how many there are.
        on_plan: is called with the plan, before anything is sent.
    """

    id: str
    rate: Turns | None
    client: SparkClient | None
    concurrency: int
    bad_rows: BadRows
    retry_errors: bool
    on_progress: Progress | None
    on_plan: Callable[[Plan], object] | None


class WayOptions(JobOptions, total=False):
    """How a job of chats is run, whatever it asks.

    Attributes:
        via: ``live``, one call a row; ``batch``, the vendor's Batch API; or ``auto`` (the
            default), which is batch unless that is not possible or live is done within an hour.
        batch_rows: rows of one batch, 1 to 50,000 (the default); a batch that ends without results
            costs nothing but the time of its rows.
        interval: seconds between two questions after a batch, 30 by default.
    """

    via: Via
    batch_rows: int
    interval: float


class LabelOptions(WayOptions, ChatOptions, total=False):
    """How rows are labelled; also any :class:`~iflytek_spark.ChatOptions`.

    Attributes:
        prompt: what is asked; ``{name}`` is a column, ``{{`` and ``}}`` are braces. Or a
            :class:`~iflytek_spark.jobs.Task` of one's own.
        messages: in place of a prompt, the column of conversations in OpenAI's shape.
        schema: what each answer must fit: a pydantic class or a JSON schema. An answer that does
            not is asked for once more, with the problem in view; then it is an error.
        model: the model; ``SPARK_MODEL`` or 4.0 Ultra by default.
    """

    prompt: str | Task
    messages: str
    schema: Schema | None
    model: str | ModelSpec | None


class VectorOptions(JobOptions, total=False):
    """How rows become vectors.

    Attributes:
        text: the column of the texts; ``text`` by default.
        model: as of :class:`~iflytek_spark.EmbedOptions`, as are those that follow.
        dimensions: numbers in a vector.
        batch_size: texts in a request.
        kind: ``document`` or ``query``.
        too_long: ``split`` or ``error``.
    """

    text: str
    model: str | None
    dimensions: int | None
    batch_size: int | None
    kind: EmbeddingKind
    too_long: TooLong


class PlanOptions(LabelOptions, total=False):
    """What either job is set up with: with ``text`` it is one of vectors.

    Attributes:
        text: as of :class:`VectorOptions`, as are those that follow.
        dimensions: numbers in a vector.
        batch_size: texts in a request.
        kind: ``document`` or ``query``.
        too_long: ``split`` or ``error``.
    """

    text: str
    dimensions: int | None
    batch_size: int | None
    kind: EmbeddingKind
    too_long: TooLong
