"""Every exception that this library raises.

::

    SparkError
    ├── ConfigurationError            the client is set up wrongly; nothing was sent
    │   ├── MissingCredentialsError
    │   └── UnknownModelError
    ├── InvalidRequestError           the request would be refused; nothing was sent
    │   └── InvalidRowError           a row of a batch would be; it names the row
    ├── BatchFileError                an input file cannot be read or written; nothing was sent
    ├── APIConnectionError            no connection, or the connection was lost
    │   ├── APITimeoutError           one of the four time-outs ran out (also TimeoutError)
    │   └── StreamInterruptedError    the answer ended before its final frame
    ├── RateStoreError            turns of a rate cannot be counted; nothing was sent
    ├── JobError                  a job's files cannot be used, or it has stopped; it can go on
    ├── ProtocolError             what came is not JSON with a header, or too large
    ├── ToolNotCalledError            a tool call was required, and the model answered in text
    ├── InvalidResponseError            the answer does not fit the schema (also ValueError)
    └── APIError                      Spark itself answered with an error
        ├── AuthenticationError       the signature or the key was refused
        │   └── ClockSkewError        this machine's clock is wrong
        ├── PermissionDeniedError     the app may not use this model, or its quota is used up
        ├── BadRequestError           Spark could not accept the request
        │   └── ContextLengthError    too many tokens
        ├── NotFoundError             no such model or route
        ├── ContentFilterError        moderation refused the question or stopped the answer
        ├── RateLimitError            too many requests
        ├── EmptyResponseError          a whole answer without any content
        └── InternalServerError       Spark failed or is busy
"""

from __future__ import annotations


def encodable(text: str) -> str:
    """Replace halves of characters, which a service's words may hold and no output can take."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class SparkError(Exception):
    """Base class of every error of this library.

    Attributes:
        code: Spark's own error code (PROTOCOL.md §10), or None.
        sid: Spark's session id, which the vendor's support asks for, or None.
        hint: what to do next, in one sentence, or an empty string.
        retryable: whether the same request may succeed when it is sent again.
        param: the option of the call that is at fault, or an empty string.
    """

    retryable: bool = False
    param: str = ""

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        sid: str | None = None,
        hint: str = "",
        retryable: bool | None = None,
    ) -> None:
        """Build the error.

        Args:
            message: what happened.
            code: Spark's error code, if it sent one.
            sid: Spark's session id, if it sent one.
            hint: the next step for the person who meets the error.
            retryable: overrides the class's default.
        """
        super().__init__(encodable(message))
        self.code = code
        self.sid = None if sid is None else encodable(sid)
        self.hint = hint
        if retryable is not None:
            self.retryable = retryable

    @property
    def message(self) -> str:
        """What happened, without code, sid and hint."""
        return str(self.args[0])

    def __str__(self) -> str:
        """Return the message with sid and hint, on one line."""
        sid = f" (sid {self.sid})" if self.sid else ""
        hint = f" — {self.hint}" if self.hint else ""
        return f"{self.message}{sid}{hint}"


class ConfigurationError(SparkError):
    """The client is set up wrongly; nothing was sent."""


class MissingCredentialsError(ConfigurationError):
    """An app id, API key or API secret is missing."""


class UnknownModelError(ConfigurationError):
    """No model has this name."""


class InvalidRequestError(SparkError):
    """Spark would refuse this request, so it was not sent; ``param`` may say which option it is."""

    def __init__(
        self,
        message: str,
        *,
        param: str = "",
        code: int | None = None,
        sid: str | None = None,
        hint: str = "",
        retryable: bool | None = None,
    ) -> None:
        """Build the error.

        Args:
            message: what is wrong.
            param: the option that is wrong.
            code: as in :class:`SparkError`.
            sid: as in :class:`SparkError`.
            hint: what to do next.
            retryable: as in :class:`SparkError`.
        """
        super().__init__(message, code=code, sid=sid, hint=hint, retryable=retryable)
        self.param = param


class InvalidRowError(InvalidRequestError):
    """The Batch API would refuse this row, so that its file was not sent.

    Attributes:
        row: which row it is, counted from 1; the line of a file that was there before.
        custom_id: the row's id, or an empty string where it has none.
    """

    row: int = 0
    custom_id: str = ""


class BatchFileError(SparkError):
    """An input file of a batch cannot be read or written: no such file, no right, a full disk."""


class APIConnectionError(SparkError):
    """No connection could be made, or it was lost."""

    retryable = True


class APITimeoutError(APIConnectionError, TimeoutError):
    """One of the four time-outs ran out; ``stage`` says which."""

    stage: str = ""


class StreamInterruptedError(APIConnectionError):
    """The connection ended before the final frame: what arrived is not a whole answer."""


class RateStoreError(SparkError):
    """Turns of a rate cannot be counted, so nothing was sent; see :mod:`iflytek_spark.rates`."""


class JobError(SparkError):
    """A job over many rows cannot begin, or has stopped; see :mod:`iflytek_spark.jobs`.

    Attributes:
        row: the row of the input that is at fault, counted from 1, or None.
    """

    row: int | None = None


class ProtocolError(SparkError):
    """What came is not JSON with a header, holds no answer, or is too large.

    With ``strict=True`` also what is not as documented (PROTOCOL.md §2.3).
    """


class ToolNotCalledError(SparkError):
    """A tool call was required, and the model answered in text, twice."""


class InvalidResponseError(SparkError, ValueError):
    """The answer does not fit the schema that was asked for, even after the model was told why."""


class APIError(SparkError):
    """Spark answered with an error.

    Attributes:
        status: the HTTP status, when the WebSocket handshake was refused.
        retry_after: seconds that the service asks to wait, or None.
    """

    status: int | None = None
    retry_after: float | None = None


class AuthenticationError(APIError):
    """The signature or the key was refused."""


class ClockSkewError(AuthenticationError):
    """The date of the signature is too far from Spark's clock.

    Attributes:
        skew: seconds by which this machine is ahead of Spark (negative: behind), or None
            when Spark did not send its own date.
    """

    skew: float | None = None


class PermissionDeniedError(APIError):
    """The app is not allowed to do this, or its quota is used up."""


class BadRequestError(APIError):
    """Spark could not accept the request."""


class ContextLengthError(BadRequestError):
    """The messages hold more tokens than the model accepts."""


class NotFoundError(APIError):
    """No such model or route."""


class ContentFilterError(APIError):
    """Moderation refused the question, or stopped the answer."""


class RateLimitError(APIError):
    """Too many requests in a second, a day, or at once."""

    retryable = True


class EmptyResponseError(APIError):
    """Spark ended the answer without text, reasoning or a tool call."""

    retryable = True


class InternalServerError(APIError):
    """Spark failed, or is too busy."""

    retryable = True
