"""Errors over HTTP as they have been recorded, and the like of them: what is raised for each."""

from __future__ import annotations

from typing import Any, NamedTuple

from iflytek_spark import errors as e
from tests.http.quirks import DONE, END_A, TEXT_A, TEXT_B, USAGE, a, b, called, calls_b
from tests.http.raw_server import chunked, events, head, stream, whole, written

NO_RIGHT = (
    "no valid authorization: the account lacks an active order, has insufficient quota, or the "
    "order is invalid"
)
SCHEMA = (
    "xunfei response error: sid: cht0001 msg: RequestParamsError:(08:07:13.705) "
    "'$.parameter.cbm.max_tokens' value must be less or equal than 16384 (request id: 1)"
)
ENGINE = (
    "Xunfei request failed with Sid: cht0002 code: 10012, msg: EngineInternalError:{}, timeStamp:1"
)


class Fault(NamedTuple):
    """What the service does, and what is raised."""

    response: bytes
    kind: type[e.SparkError]
    code: int | None = None
    retryable: bool = False


def refused(status: int, message: str, code: Any = None, **more: Any) -> bytes:
    return whole({"error": {"message": message, "code": code, **more}}, status)


def inside(message: str, code: Any = None, *before: Any) -> bytes:
    """An error inside a stream of status 200."""
    error = {"message": message} if code is None else {"message": message, "code": code}
    return events(*before, {"error": error})


FAULTS: dict[str, Fault] = {
    "A: a wrong password": Fault(
        refused(401, "invalid user", type="api_error"), e.AuthenticationError
    ),
    "A: no signature": Fault(
        whole(
            {"message": "HMAC signature cannot be verified:enforced header"},
            401,
        ),
        e.AuthenticationError,
    ),
    "A: an unknown model": Fault(
        refused(400, "invalid param model:X (sid: cha1)", "10005"), e.BadRequestError, 10005
    ),
    "A: not understood": Fault(
        refused(400, "invalid data (sid: cha1)", "10003"), e.BadRequestError, 10003
    ),
    "A: no right, as 500": Fault(
        refused(500, "AppIdNoAuthError (sid: cha1)", "11200"), e.PermissionDeniedError, 11200
    ),
    "A: no right, by its name alone": Fault(
        refused(500, "AppIdNoAuthError (sid: cha1)"), e.PermissionDeniedError, 11200
    ),
    "A: too fast, as 500": Fault(
        refused(500, "AppIdQpsOverFlowError (sid: cha1)", "11202"), e.RateLimitError, 11202, True
    ),
    "A: too fast, as 429, by its name": Fault(
        refused(429, "AppIdQpsOverFlowError"), e.RateLimitError, 11202, True
    ),
    "A: a wrong path": Fault(whole(b"404 page not found", 404, "text/plain"), e.NotFoundError),
    "A: moderation inside 200": Fault(
        whole({"code": 10013, "message": "refused", "sid": "cha1"}), e.ContentFilterError, 10013
    ),
    "A: moderation amid the answer": Fault(
        events(*TEXT_A, {"code": 10014, "message": "stopped", "sid": "cha1"}),
        e.ContentFilterError,
        10014,
    ),
    "A: a code as text, amid the answer": Fault(
        events(TEXT_A[0], {"code": "10014", "message": "stopped"}), e.ContentFilterError, 10014
    ),
    "A: cut amid the answer": Fault(
        events(*TEXT_A, end=False), e.StreamInterruptedError, None, True
    ),
    "A: ended amid the answer": Fault(events(*TEXT_A), e.StreamInterruptedError, None, True),
    "A: ended behind an empty delta": Fault(
        events(*TEXT_A, a({"content": ""})), e.StreamInterruptedError, None, True
    ),
    "A: ended behind zeros": Fault(
        events(*TEXT_A, a({"content": ""}, usage=dict.fromkeys(USAGE, 0))),
        e.StreamInterruptedError,
        None,
        True,
    ),
    "A: cut amid an event": Fault(
        head(Transfer_Encoding="chunked")
        + chunked(b"data:" + written(TEXT_A[0]) + b'\n\ndata:{"co'),
        e.StreamInterruptedError,
        None,
        True,
    ),
    "A: a body shorter than its length": Fault(
        head(Content_Length="9999") + b"data:" + written(TEXT_A[0]) + b"\n\n",
        e.StreamInterruptedError,
        None,
        True,
    ),
    "A: nothing but the end": Fault(events(DONE), e.EmptyResponseError, None, True),
    "A: usage and no text": Fault(events(END_A, DONE), e.EmptyResponseError, None, True),
    "A: nothing at all": Fault(stream(b""), e.StreamInterruptedError, None, True),
    "A: an event that is no JSON": Fault(events(TEXT_A[0], b"<html>", DONE), e.ProtocolError),
    "A: a page in place of an answer": Fault(
        whole(b"<html><body>busy</body></html>", 200, "text/html"), e.ProtocolError
    ),
    "A: a page with 502": Fault(
        whole(b"<html><body>bad gateway</body></html>", 502, "text/html"),
        e.InternalServerError,
        None,
        True,
    ),
    "A: a redirect": Fault(
        head(302, Location="https://elsewhere", Content_Length="0"), e.APIConnectionError
    ),
    "A: no HTTP": Fault(b"SSH-2.0-any\r\n", e.StreamInterruptedError, None, True),
    "A: a packing that was not asked for": Fault(
        head(Content_Encoding="br", Content_Length="1") + b"x", e.StreamInterruptedError, None, True
    ),
    "B: a bad field": Fault(
        whole(
            {"error": {"code": 10005, "message": "x", "type": "invalid_request_error"}, "id": ""},
            400,
        ),
        e.BadRequestError,
        10005,
    ),
    "B: no such model": Fault(
        refused(400, "no category route found", 10404), e.NotFoundError, 10404
    ),
    "B: no such model, by its words": Fault(
        refused(400, "no category route found"), e.NotFoundError, 10404
    ),
    "B: no right, as 403": Fault(
        refused(403, NO_RIGHT, 11200, type="permission_error"), e.PermissionDeniedError, 11200
    ),
    "B: no right, by its words, as 500": Fault(
        refused(500, NO_RIGHT), e.PermissionDeniedError, 11200
    ),
    "B: not in the plan": Fault(
        refused(403, "the plan's models are: a, b", 11221), e.PermissionDeniedError, 11221
    ),
    "B: too fast": Fault(refused(429, "slow down", 11202), e.RateLimitError, 11202, True),
    "B: the engine's schema, as 500": Fault(refused(500, SCHEMA), e.BadRequestError, 10163),
    "B: busy, inside 200": Fault(
        inside(ENGINE.format("1105 queueing"), 10012), e.InternalServerError, 10012, True
    ),
    "B: busy, inside 200, by its words": Fault(
        inside(ENGINE.format("1105 queueing")), e.InternalServerError, 10012, True
    ),
    "B: a bad request that the engine tells": Fault(
        inside(ENGINE.format("status code: 400, bad")), e.BadRequestError, 10012
    ),
    "B: an image that it does not see": Fault(
        inside(
            ENGINE.format("Invalid content type. image_url is only supported by certain models"),
            10012,
        ),
        e.BadRequestError,
        10012,
    ),
    "B: too long": Fault(
        inside(ENGINE.format("input length 9 is too long"), 10012), e.ContextLengthError, 10012
    ),
    "B: fails amid the answer": Fault(
        inside("failed", 10010, *TEXT_B), e.InternalServerError, 10010, True
    ),
    "B: an error line without its field's name": Fault(
        stream(
            b"data: "
            + written(TEXT_B[1])
            + b"\n\n"
            + written({"error": {"code": 10010, "message": "x"}})
            + b"\n"
        ),
        e.InternalServerError,
        10010,
        True,
    ),
    "B: an error in the form of another service's": Fault(
        refused(429, "slow", "rate_limit_exceeded", type="rate_limit_error"),
        e.RateLimitError,
        None,
        True,
    ),
    "B: an error as a text": Fault(events({"error": "any failure"}), e.APIError),
    "B: an error of status 200, plain": Fault(
        whole({"error": {"message": "AppIdNoAuthError"}}), e.PermissionDeniedError, 11200
    ),
    "B: the Messages path's wrapping": Fault(
        whole(
            {
                "error": {
                    "message": "Xunfei claude request failed with Sid: cht1",
                    "type": "one_api_error",
                    "code": "10012",
                },
                "type": "error",
            },
            500,
        ),
        e.InternalServerError,
        10012,
        True,
    ),
    "B: a header, as the posted services have it": Fault(
        whole(
            {"header": {"code": 10004, "message": "SchemaCheckError:x", "sid": "c", "status": 2}}
        ),
        e.BadRequestError,
        10004,
    ),
    "A: no right, as 200": Fault(
        refused(200, "AppIdNoAuthError (sid: cha1)", "11200"), e.PermissionDeniedError, 11200
    ),
    "A: too fast, as 400": Fault(
        refused(400, "AppIdQpsOverFlowError", "11202"), e.RateLimitError, 11202, True
    ),
    "A: moderation, as 500": Fault(
        refused(500, "refused (sid: cha1)", "10013"), e.ContentFilterError, 10013
    ),
    "A: moderation as an event": Fault(
        events({"code": "10013", "message": "refused", "sid": "cha1"}), e.ContentFilterError, 10013
    ),
    "A: too long, as 500": Fault(
        refused(500, "TokensLengthError (sid: cha1)", "10907"), e.ContextLengthError, 10907
    ),
    "A: ended behind its reasoning": Fault(
        events(a({"reasoning_content": "想"})), e.StreamInterruptedError, None, True
    ),
    "A: ended behind a call": Fault(
        events(a({"content": "", "tool_calls": [called()]})), e.StreamInterruptedError, None, True
    ),
    "A: an error as an event, and the word for the end": Fault(
        events(*TEXT_A, {"error": {"message": "failed", "code": "10012"}}, DONE),
        e.InternalServerError,
        10012,
        True,
    ),
    "A: the text of a wrong path with 200": Fault(
        whole(b"404 page not found", 200, "text/plain"), e.ProtocolError
    ),
    "A: an error of 503 without a word": Fault(whole(b"", 503), e.InternalServerError, None, True),
    "B: ended amid the answer": Fault(events(*TEXT_B), e.StreamInterruptedError, None, True),
    "B: cut amid the answer": Fault(
        events(*TEXT_B, end=False), e.StreamInterruptedError, None, True
    ),
    "B: cut behind the end, before the counts": Fault(
        events(*TEXT_B, b({}, "stop"), end=False), e.StreamInterruptedError, None, True
    ),
    "B: ended behind its reasoning": Fault(
        events(b({"reasoning_content": "想"})), e.StreamInterruptedError, None, True
    ),
    "B: ended behind zeros": Fault(
        events(*[{**each, "usage": dict.fromkeys(USAGE, 0)} for each in TEXT_B]),
        e.StreamInterruptedError,
        None,
        True,
    ),
    "B: nothing but the end": Fault(events(DONE), e.EmptyResponseError, None, True),
    "B: an image that is answered with nothing": Fault(
        events(b({"content": "", "role": "assistant"}), b({}, "stop"), b(usage=USAGE), DONE),
        e.EmptyResponseError,
        None,
        True,
    ),
    "B: no right, inside 200": Fault(inside(NO_RIGHT, 11200), e.PermissionDeniedError, 11200),
    "B: too fast, as 500": Fault(refused(500, "slow down", 11202), e.RateLimitError, 11202, True),
    "B: a bad field, as 500": Fault(refused(500, "x", 10005), e.BadRequestError, 10005),
    "B: a code as text": Fault(refused(403, NO_RIGHT, "11200"), e.PermissionDeniedError, 11200),
    "B: fails amid a call": Fault(
        inside("failed", 10010, b({"tool_calls": [called("{", id="c1", index=0)]})),
        e.InternalServerError,
        10010,
        True,
    ),
    "B: calls that are no calls": Fault(calls_b(["weather("]), e.ProtocolError),
    "B: aborted": Fault(events(b({}, "abort"), DONE), e.InternalServerError, None, True),
    "B: nothing before the limit": Fault(
        events(b({"content": ""}), b({}, "length"), b(usage=USAGE), DONE), e.EmptyResponseError
    ),
    "B: a call without a name": Fault(calls_b([called(name="")]), e.ProtocolError),
    "B: cut amid a call": Fault(
        events(b({"tool_calls": [called('{"ci', id="c1")]})), e.StreamInterruptedError, None, True
    ),
    "B: a refusal whose text never ends": Fault(
        head(403, "application/json", Content_Length="999") + b'{"error"', e.PermissionDeniedError
    ),
}
