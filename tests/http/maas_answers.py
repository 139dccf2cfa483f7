"""Dialect B as it has been recorded, and the like of it: what must be read of each answer."""

from __future__ import annotations

from tests.http.quirks import (
    ARGUMENTS,
    CALL,
    DONE,
    FRAGMENTS,
    ONE_CALL,
    SID,
    TEXT_B,
    USAGE,
    ZERO,
    Quirk,
    b,
    called,
    calls_b,
)
from tests.http.raw_server import events, whole, written

MAAS_ANSWERS: dict[str, Quirk] = {
    "B as recorded": Quirk(
        events(*TEXT_B, b({"reasoning_content": None}, "stop"), b(usage=USAGE), DONE)
    ),
    "B: usage with the last content": Quirk(
        events(*TEXT_B[:2], b({"content": "的。"}, "stop", usage=USAGE), DONE)
    ),
    "B: zeros, the last is real": Quirk(
        events(
            *[{**e, "usage": ZERO} for e in TEXT_B], b({"content": ""}, "stop", usage=USAGE), DONE
        )
    ),
    "B: zeros after the real one": Quirk(
        events(*TEXT_B, b({"content": ""}, "stop", usage=USAGE), b(usage=ZERO), DONE)
    ),
    "B: counts in each event": Quirk(
        events(
            *[{**e, "usage": {**USAGE, "completion_tokens": 1}} for e in TEXT_B],
            b({"content": ""}, "stop"),
            b(usage=USAGE),
            DONE,
        )
    ),
    "B: reasoning, then text": Quirk(
        events(
            b({"reasoning_content": "想"}),
            b({"content": "好的。", "reasoning_content": None}, "stop"),
            b(usage=USAGE),
            DONE,
        ),
        reasoning="想",
    ),
    "B: finish and no end": Quirk(events(*TEXT_B, b({}, "stop")), usage=None),
    "B: finish, usage and no end": Quirk(events(*TEXT_B, b({}, "stop"), b(usage=USAGE))),
    "B: length": Quirk(events(*TEXT_B, b({}, "length"), b(usage=USAGE), DONE), finish="length"),
    "B: content_filter": Quirk(
        events(*TEXT_B, b({}, "content_filter"), b(usage=USAGE), DONE), finish="content_filter"
    ),
    "B: a reason that nobody knows": Quirk(events(*TEXT_B, b({}, "eos"), b(usage=USAGE), DONE)),
    "B: a call in one delta": Quirk(calls_b([called(id="call_a1", index=0)]), **ONE_CALL),
    "B: a call in fragments": Quirk(
        events(*FRAGMENTS, b({}, "tool_calls"), b(usage=USAGE), DONE), **ONE_CALL
    ),
    "B: two calls in one delta": Quirk(
        calls_b([called(id="c1", index=0), called(id="c2", index=1, name="time")]),
        "",
        "",
        (*CALL, ("time", ARGUMENTS)),
        "tool_calls",
    ),
    "B: fragments of two calls, mixed": Quirk(
        events(
            b(
                {
                    "tool_calls": [
                        called('{"city": ', id="c1", index=0),
                        called("{", id="c2", index=1, name="time"),
                    ]
                }
            ),
            b(
                {
                    "tool_calls": [
                        {"index": 1, "function": {"arguments": "}"}},
                        {"index": 0, "function": {"arguments": '"合肥"}'}},
                    ]
                }
            ),
            b({}, "tool_calls"),
            b(usage=USAGE),
            DONE,
        ),
        "",
        "",
        (*CALL, ("time", "{}")),
        "tool_calls",
    ),
    "B: two calls with one index": Quirk(
        calls_b([called(id="c1", index=0)], [called(id="c2", index=0, name="time")]),
        "",
        "",
        (*CALL, ("time", ARGUMENTS)),
        "tool_calls",
    ),
    "B: fragments without an index": Quirk(
        events(
            b({"tool_calls": [called('{"city": ', id="c1")]}),
            b({"tool_calls": [{"function": {"arguments": '"合肥"}'}}]}),
            b({}, "tool_calls"),
            b(usage=USAGE),
            DONE,
        ),
        **ONE_CALL,
    ),
    "B: calls, and the reason is stop": Quirk(
        calls_b([called(id="c1")], finish="stop"), **ONE_CALL
    ),
    "B: an empty call is none": Quirk(
        events(*TEXT_B, b({"tool_calls": [called("", "")]}), b({}, "stop"), b(usage=USAGE), DONE)
    ),
    "B: empty lists of calls": Quirk(
        events(
            *[b({"content": t, "tool_calls": []}) for t in ("好", "的。")],
            b({"tool_calls": None}, "stop"),
            b(usage=USAGE),
            DONE,
        )
    ),
    "B: a whole body": Quirk(
        whole(
            {
                "id": SID,
                "choices": [
                    {
                        "finish_reason": "stop",
                        "message": {
                            "content": "好的。",
                            "reasoning_content": "想",
                            "tool_calls": None,
                        },
                    }
                ],
                "usage": {**USAGE, "prompt_tokens_details": None},
            }
        ),
        reasoning="想",
    ),
    "B: a whole body with calls": Quirk(
        whole(
            {
                "id": SID,
                "choices": [
                    {
                        "finish_reason": "tool_calls",
                        "message": {"content": "", "tool_calls": [called(id="c1", index=0)]},
                    }
                ],
                "usage": USAGE,
            }
        ),
        **ONE_CALL,
    ),
    "B: a call as an object": Quirk(calls_b(called(id="c1")), **ONE_CALL),
    "B: a call as JSON text": Quirk(calls_b(written([called()]).decode()), **ONE_CALL),
    "B: arguments as an object": Quirk(
        calls_b([called({"city": "合肥"}, id="c1", index=0)]), **ONE_CALL
    ),
    "B: no arguments": Quirk(
        calls_b([called(None, id="c1", index=0)]), "", "", (("weather", "{}"),), "tool_calls"
    ),
    "B: a call as JSON text in the content": Quirk(
        events(b({"content": written(called()).decode()}), b({}, "stop"), b(usage=USAGE), DONE),
        **ONE_CALL,
    ),
    "B: a call in the model's own markup": Quirk(
        events(
            *[b({"content": t}) for t in ("<tool_", 'call>{"name": "weather", "arguments": ')],
            b({"content": ARGUMENTS + "}</tool_call>"}, "stop"),
            b(usage=USAGE),
            DONE,
        ),
        **ONE_CALL,
    ),
    "B: id and name in each fragment": Quirk(
        events(
            *[
                b({"tool_calls": [called(piece, id="c1", index=0)]})
                for piece in ('{"city": ', '"合肥"', "}")
            ],
            b({}, "tool_calls"),
            b(usage=USAGE),
            DONE,
        ),
        **ONE_CALL,
    ),
    "B: an index as a text": Quirk(calls_b([called(id="c1", index="0")]), **ONE_CALL),
    "B: a call that comes twice": Quirk(calls_b(*[[called(id="c1", index=0)]] * 2), **ONE_CALL),
    "B: text, reasoning and a call": Quirk(
        events(
            b({"reasoning_content": "想"}),
            *TEXT_B,
            b({"content": None, "tool_calls": [called(id="c1", index=0)]}, "tool_calls"),
            b(usage=USAGE),
            DONE,
        ),
        reasoning="想",
        calls=CALL,
        finish="tool_calls",
    ),
    "B: reasoning with an empty and a null content": Quirk(
        events(
            b({"reasoning_content": "想", "content": ""}),
            b({"reasoning_content": "想", "content": None}),
            *TEXT_B,
            b({}, "stop"),
            b(usage=USAGE),
            DONE,
        ),
        reasoning="想想",
    ),
    "B: usage with texts for numbers": Quirk(
        events(*TEXT_B, b({}, "stop"), b(usage={k: str(v) for k, v in USAGE.items()}), DONE)
    ),
    "B: usage null in each event": Quirk(
        events(*[{**e, "usage": None} for e in TEXT_B], b({}, "stop"), b(usage=USAGE), DONE)
    ),
    "B: a refusal in words": Quirk(
        events(b({"refusal": "好的。"}), b({}, "content_filter"), b(usage=USAGE), DONE),
        finish="content_filter",
    ),
    "B: no space behind the colon": Quirk(
        events(*TEXT_B, b({}, "stop"), b(usage=USAGE), DONE, prefix=b"data:")
    ),
    "B: an empty list of choices first": Quirk(
        events(b(), *TEXT_B, b({}, "stop"), b(usage=USAGE), DONE)
    ),
    "B: an empty object amid it": Quirk(
        events(b"{}", *TEXT_B, b({}, "stop"), b(usage=USAGE), DONE)
    ),
}
