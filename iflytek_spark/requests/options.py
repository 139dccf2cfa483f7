"""What may be set for a call: one row an option, from which everything else follows.

A row is the annotation of a field of :class:`ChatOptions`: its type, what it means, how it is
checked and, where the value is sent as it is, its key on the wire. The legal range of a number is
the field of the same name in the model's :class:`~iflytek_spark.models.spec.ModelSpec`.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypedDict, get_type_hints

from iflytek_spark.messages import JSONObject, Thinking, Tool, ToolChoice, WebSearch
from iflytek_spark.models.routes import WireChoice
from iflytek_spark.models.spec import ModelSpec
from iflytek_spark.requests import checks
from iflytek_spark.requests.fallbacks import lacks_field
from iflytek_spark.requests.unsupported import (
    Unsupported,
    UnsupportedOptionError,
    changes_form,
)
from iflytek_spark.timeouts import Timeouts


class Option(NamedTuple):
    """One option of a call.

    Attributes:
        doc: what it means.
        check: refuses a value, or returns it in the form in which it is used.
        key: the parameter's name on the wire; empty for what is not sent as it is.
        setting: whether the models of adapters have a field for it.
    """

    doc: str
    check: checks.Check
    key: str = ""
    setting: bool = True


class ChatOptions(TypedDict, total=False):
    """What may be set for a call; None means not set. The ranges stand in the catalogue."""

    temperature: Annotated[
        float | None,
        Option(
            "Randomness; 0 is sent as the smallest legal value.", checks.temperature, "temperature"
        ),
    ]
    top_k: Annotated[
        int | None,
        Option("How many candidates a token is drawn from, 1 to 6.", checks.whole_number, "top_k"),
    ]
    max_tokens: Annotated[
        int | None,
        Option("The longest answer, in tokens.", checks.whole_number, "max_tokens"),
    ]
    top_p: Annotated[
        float | None, Option("Nucleus sampling, X models only.", checks.number, "top_p")
    ]
    presence_penalty: Annotated[
        float | None, Option("X models only.", checks.number, "presence_penalty")
    ]
    frequency_penalty: Annotated[
        float | None, Option("X models only.", checks.number, "frequency_penalty")
    ]
    stop: Annotated[
        str | Sequence[str] | None,
        Option(
            "Strings at which the answer is cut, by this library where Spark has no such option.",
            checks.stop,
        ),
    ]
    tools: Annotated[
        Sequence[Tool],
        Option("Functions that the model may ask for.", checks.tools, setting=False),
    ]
    tool_choice: Annotated[
        ToolChoice | None,
        Option(
            "``auto`` (the default), ``none``, ``required``, or a tool's name. Where Spark cannot "
            "be forced, only the tools in question are offered, the model is told in words, and "
            "told once more when it answers in text.",
            checks.tool_choice,
            setting=False,
        ),
    ]
    response_format: Annotated[
        JSONObject | None,
        Option(
            '``{"type": "json_object"}`` or ``{"type": "json_schema", "json_schema": {"schema": '
            "…}}``: the model is told in words, and a Markdown fence around its answer is taken "
            "off. The answer is not validated.",
            checks.response_format,
            setting=False,
        ),
    ]
    web_search: Annotated[
        bool | WebSearch,
        Option(
            "Whether the model searches the web: False (the default), True, or a "
            ":class:`WebSearch`. Spark itself searches by default; this library does not, so that "
            "prompts stay where they are sent, and time and tokens are what the prompt asks for.",
            checks.web_search,
        ),
    ]
    thinking: Annotated[
        Thinking | None,
        Option(
            "Whether an X model thinks before it answers: ``enabled``, ``disabled`` or ``auto``.",
            checks.thinking,
        ),
    ]
    uid: Annotated[
        str | None,
        Option(
            "An id of the end user, at most 32 characters; random for each call by default.",
            checks.uid,
        ),
    ]
    chat_id: Annotated[
        str | None,
        Option(
            "An id of the conversation; Spark keeps no history by it.",
            checks.text,
            "chat_id",
            setting=False,
        ),
    ]
    auditing: Annotated[
        Literal["default"] | None,
        Option(
            "The kind of moderation; ``default`` is the only one that is known.",
            checks.auditing,
            "auditing",
            setting=False,
        ),
    ]
    image_model: Annotated[
        str | ModelSpec | None,
        Option(
            "The model that answers messages with an image when the model itself cannot look at "
            "images; None refuses them.",
            checks.model,
        ),
    ]
    timeout: Annotated[
        Timeouts | float | None,
        Option("The four time-outs of this call, or seconds for the whole call.", checks.timeout),
    ]
    wire: Annotated[
        WireChoice | None,
        Option(
            "Over which wire the call goes: ``websocket``, ``http``, or ``auto`` (the default): "
            "the WebSocket where the model has it, HTTP for models without one and for calls with "
            "tools on models that have tools over HTTP only.",
            checks.wire,
        ),
    ]
    unsupported: Annotated[
        Unsupported | None,
        Option(
            "``refuse`` what the model has no field for (the default), or ``ignore`` it: left out "
            "or brought into range, named in the log and in the answer's ``ignored``. What changes "
            "the answer's form, such as a tool choice that demands a call, is refused in both.",
            checks.unsupported,
        ),
    ]
    extra: Annotated[
        JSONObject,
        Option(
            "Further keys for ``parameter.chat``, sent as they are.", checks.extra, setting=False
        ),
    ]


def _rows() -> dict[str, Option]:
    hints = get_type_hints(ChatOptions, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


OPTIONS: Mapping[str, Option] = _rows()
"""The rows by name, in the order in which the options are checked."""


class CheckedOptions(NamedTuple):
    """The options of a call that are set, each in the form in which it is used.

    Attributes:
        values: the options by name.
        ignored: the names of what was left out or brought into range.
    """

    values: dict[str, Any]
    ignored: tuple[str, ...]


def checked_options(spec: ModelSpec, options: ChatOptions) -> CheckedOptions:
    """Check the options of a call against its model, and put right what can be.

    Args:
        spec: the model.
        options: as the user set them; None means not set.

    Returns:
        The options that are set, and what was ignored.

    Raises:
        InvalidRequestError: for an option that the service would refuse; it names the option,
            its value and what is legal. Where ``unsupported`` is ``ignore``, only for what is a
            mistake, or would change the answer's form.
    """
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    mode = _checked("unsupported", given.get("unsupported", "refuse"), spec)
    values: dict[str, Any] = {}
    ignored: list[str] = []
    for name in _in_order(given):
        value = given[name]
        try:
            values[name] = _checked(name, value, spec)
        except UnsupportedOptionError as unsupported:
            demanded = name == "tools" and changes_form("tool_choice", given.get("tool_choice"))
            if mode == "refuse" or demanded or changes_form(name, value):
                raise unsupported.error from None
            ignored.append(name)
            if unsupported.substitute is not None:
                values[name] = unsupported.substitute
    return CheckedOptions(values, tuple(ignored))


def _in_order(given: Mapping[str, Any]) -> list[str]:
    """Return the names of what no option is first, then the options in the order of the rows."""
    unknown = [name for name in given if name not in OPTIONS]
    return unknown + [name for name in OPTIONS if name in given]


def _checked(name: str, value: object, spec: ModelSpec) -> object:
    if name not in OPTIONS:
        raise UnsupportedOptionError(checks.no_such_option(name, OPTIONS))
    found = checks.checked(OPTIONS[name].check, name, value, spec)
    if lacks_field(name, spec):
        raise UnsupportedOptionError(checks.no_field(name, spec))
    return found
