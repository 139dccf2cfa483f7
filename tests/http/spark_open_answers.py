"""Dialect A as it has been recorded, and the like of it: what must be read of each answer."""

from __future__ import annotations

from tests.http.quirks import (
    ARGUMENTS,
    CALL,
    DONE,
    END_A,
    ONE_CALL,
    PACKED,
    TEXT_A,
    USAGE,
    ZERO,
    Quirk,
    a,
    called,
    calls_a,
    message,
)
from tests.http.raw_server import chunked, events, head, stream, whole, written

SPARK_OPEN_ANSWERS: dict[str, Quirk] = {
    "A as recorded": Quirk(events(*TEXT_A, END_A, DONE, prefix=b"data:")),
    "A: line ends of two bytes": Quirk(
        stream(
            b"".join(b"data:" + written(e) + b"\r\n\r\n" for e in (*TEXT_A, END_A))
            + b"data:[DONE]\r\n\r\n"
        )
    ),
    "A: line ends of one byte, the old one": Quirk(
        stream(
            b"".join(b"data:" + written(e) + b"\r\r" for e in (*TEXT_A, END_A)) + b"data:[DONE]\r\r"
        )
    ),
    "A: comments, names and blank lines pass by": Quirk(
        stream(
            b"\n\n: hello\n\nevent: message\nid: 1\nretry: 5\n\n"
            + b"".join(b"\n: x\ndata:" + written(e) + b"\n\n\n" for e in (*TEXT_A, END_A, DONE))
        )
    ),
    "A: no line between the events": Quirk(
        stream(b"".join(b"data:" + written(e) + b"\n" for e in (*TEXT_A, END_A, DONE)) + b"\n")
    ),
    "A: data in several lines": Quirk(
        stream(
            'data:{"sid":"s1","choices":[{"delta":\ndata:{"content":"好的。"}}]}\n\n'.encode()
            + b"data:"
            + written(END_A)
            + b"\n\ndata:[DONE]\n\n"
        )
    ),
    "A: the end without its line end": Quirk(
        stream(b"".join(b"data:" + written(e) + b"\n\n" for e in (*TEXT_A, END_A)) + b"data:[DONE]")
    ),
    "A: no end, but usage on an empty event": Quirk(events(*TEXT_A, END_A)),
    "A: usage in an event without choices": Quirk(events(*TEXT_A, a(usage=USAGE), DONE)),
    "A: zeros in each event": Quirk(events(*[{**e, "usage": ZERO} for e in TEXT_A], END_A, DONE)),
    "A: no usage": Quirk(events(*TEXT_A, DONE), usage=None),
    "A: usage as texts": Quirk(
        events(*TEXT_A, a({"content": ""}, usage={k: str(v) for k, v in USAGE.items()}), DONE)
    ),
    "A: reasoning without content": Quirk(
        events(a({"reasoning_content": "想"}), *TEXT_A, END_A, DONE), reasoning="想"
    ),
    "A: code as text": Quirk(events(*[{**e, "code": "0"} for e in TEXT_A], END_A, DONE)),
    "A: calls as an array": Quirk(calls_a([called(id="call_1")]), **ONE_CALL),
    "A: a call as an object": Quirk(calls_a(called()), **ONE_CALL),
    "A: a call as the function alone": Quirk(calls_a(called()["function"]), **ONE_CALL),
    "A: calls as JSON text": Quirk(calls_a(written([called()]).decode()), **ONE_CALL),
    "A: a call as JSON text": Quirk(calls_a(written(called()).decode()), **ONE_CALL),
    "A: calls by number": Quirk(
        calls_a({"0": called(), "1": called(name="time")}),
        "",
        "",
        (*CALL, ("time", ARGUMENTS)),
        "tool_calls",
    ),
    "A: arguments as an object": Quirk(calls_a([called({"city": "合肥"})]), **ONE_CALL),
    "A: function_call": Quirk(
        events(a({"content": "", "function_call": called()["function"]}), END_A, DONE), **ONE_CALL
    ),
    "A: two calls in two events": Quirk(
        events(
            a({"tool_calls": [called()]}), a({"tool_calls": [called(name="time")]}), END_A, DONE
        ),
        "",
        "",
        (*CALL, ("time", ARGUMENTS)),
        "tool_calls",
    ),
    "A: pages of a search": Quirk(
        events(
            a(
                {
                    "role": "tool",
                    "tool_calls": [
                        {
                            "type": "web_search",
                            "web_search": {
                                "outputs": [{"index": 1, "url": "https://a.cn", "title": "甲"}]
                            },
                        }
                    ],
                }
            ),
            *TEXT_A,
            END_A,
            DONE,
        ),
        pages=1,
    ),
    "A: a whole body": Quirk(
        whole(message({"content": "好的。"}, code=0, message="Success", usage=USAGE))
    ),
    "A: a whole body behind blank lines": Quirk(
        head(kind="application/json", Transfer_Encoding="chunked")
        + chunked(b"\n", b"\r\n", written(message({"content": "好的。"}, code=0, usage=USAGE)))
    ),
    "A: a whole body with a call": Quirk(
        whole(message({"content": "", "tool_calls": called()}, code=0, usage=USAGE)), **ONE_CALL
    ),
    "A: a whole body without usage": Quirk(
        whole(message({"content": "好的。"}, code=0)), usage=None
    ),
    "A: a body until the connection ends": Quirk(
        head() + b"".join(b"data:" + written(e) + b"\n\n" for e in (*TEXT_A, END_A, DONE))
    ),
    "A: content null": Quirk(events(a({"content": None}), *TEXT_A, END_A, DONE)),
    "A: content in parts": Quirk(
        events(a({"content": [{"type": "text", "text": "好的。"}]}), END_A, DONE)
    ),
    "A: half a character in each event": Quirk(
        events(
            a({"content": "好"}),
            b'{"sid":"s","choices":[{"delta":{"content":"\\ud83d"}}]}',
            b'{"sid":"s","choices":[{"delta":{"content":"\\ude00"}}]}',
            END_A,
            DONE,
        ),
        text="好😀",
    ),
    "A: a further field": Quirk(events(*[{**e, "trace": 1} for e in TEXT_A], END_A, DONE)),
    "A: no sid": Quirk(events(*[{**e, "sid": None} for e in (*TEXT_A, END_A)], DONE)),
    "A: a call as JSON text in the content": Quirk(
        events(a({"content": written(called()).decode()}), END_A, DONE), **ONE_CALL
    ),
    "A: calls as JSON text in pieces of the content": Quirk(
        events(
            *[a({"content": piece}) for piece in written([called()]).decode().partition("func")],
            END_A,
            DONE,
        ),
        **ONE_CALL,
    ),
    "A: text before a call": Quirk(
        events(*TEXT_A, a({"content": "", "tool_calls": [called()]}), END_A, DONE),
        calls=CALL,
        finish="tool_calls",
    ),
    "A: reasoning before a call": Quirk(
        events(a({"reasoning_content": "想"}), a({"tool_calls": called()}), END_A, DONE),
        reasoning="想",
        **ONE_CALL,
    ),
    "A: the same call twice": Quirk(
        events(*[a({"tool_calls": [called(id="c1", index=0)]})] * 2, END_A, DONE),
        **ONE_CALL,
    ),
    "A: reasoning and text in one event": Quirk(
        events(a({"reasoning_content": "想", "content": "好"}), TEXT_A[1], END_A, DONE),
        reasoning="想",
    ),
    "A: reasoning beside an empty and a null content": Quirk(
        events(
            a({"reasoning_content": "想", "content": ""}),
            a({"reasoning_content": "想", "content": None}),
            *TEXT_A,
            END_A,
            DONE,
        ),
        reasoning="想想",
    ),
    "A: a reason at the end": Quirk(
        events(
            *TEXT_A,
            {
                **END_A,
                "choices": [{"delta": {"content": ""}, "index": 0, "finish_reason": "stop"}],
            },
            DONE,
        )
    ),
    "A: usage with the last text": Quirk(
        events(TEXT_A[0], a({"content": "的。"}, usage=USAGE), DONE)
    ),
    "A: no code and no word of success": Quirk(
        events(*[{"sid": e["sid"], "choices": e["choices"]} for e in TEXT_A], END_A, DONE)
    ),
    "A: no role": Quirk(
        events(
            *[
                {**END_A, "usage": None, "choices": [{"delta": {"content": t}}]}
                for t in ("好", "的。")
            ],
            END_A,
            DONE,
        )
    ),
    "A: a null for the delta": Quirk(
        events(a({"content": "好"}), {**a(), "choices": [{"delta": None}]}, TEXT_A[1], END_A, DONE)
    ),
    "A: the end twice, with blanks": Quirk(events(*TEXT_A, END_A, b" [DONE] ", DONE)),
    "A: a mark of the byte order": Quirk(
        stream(
            b"\xef\xbb\xbf"
            + b"".join(b"data:" + written(e) + b"\n\n" for e in (*TEXT_A, END_A, DONE))
        )
    ),
    "A: pages as a text": Quirk(
        events(
            a(
                {
                    "role": "tool",
                    "tool_calls": {
                        "type": "web_search",
                        "web_search": {
                            "outputs": written([{"index": 1, "url": "u", "title": "t"}]).decode()
                        },
                    },
                }
            ),
            *TEXT_A,
            END_A,
            DONE,
        ),
        pages=1,
    ),
    "A: packed, though nobody asked": Quirk(
        head(Transfer_Encoding="chunked", Content_Encoding="gzip")
        + chunked(PACKED[:20], PACKED[20:])
    ),
}
