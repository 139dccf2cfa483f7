"""What a dialect is: how a connection is opened, a request written and an answer read."""

from __future__ import annotations

from typing import Protocol, TypeVar

from iflytek_spark.credentials import Credentials
from iflytek_spark.protocol.chat import ChatProtocol
from iflytek_spark.protocol.deviations import Deviations
from iflytek_spark.protocol.steps import Opening
from iflytek_spark.protocol.wire.frame import Frame
from iflytek_spark.requests.build import ChatRequest

Asked_contra = TypeVar("Asked_contra", contravariant=True)
Read_co = TypeVar("Read_co", covariant=True)


class Dialect(Protocol[Asked_contra, Read_co]):
    """One way to speak to the service. It has no state.

    What a dialect lacks is a matter of the address too: it stands in the model's row, as
    :class:`~iflytek_spark.models.spec.Lacks`.
    """

    def open(self, url: str, credentials: Credentials, now: float) -> Opening:
        """Say how a connection is opened.

        Args:
            url: the address, without a query.
            credentials: who asks.
            now: seconds since 1970, for signatures.
        """

    def encode(self, request: Asked_contra, app_id: str, uid: str) -> str | bytes:
        """Write a request.

        Args:
            request: what is asked.
            app_id: the app's id.
            uid: the user's id, for a request that names none.
        """

    def decode(self, data: str | bytes, noted: Deviations) -> Read_co:
        """Read one message of the answer.

        Args:
            data: its payload.
            noted: where it is noted what is not as documented.

        Raises:
            APIError: for an error of the service, where a message is the whole answer.
            ProtocolError: for what is no message of this dialect.
        """


class ChatDialect(Dialect[ChatRequest, Frame], Protocol):
    """A dialect of chat.

    Attributes:
        answers: what reads the frames of one answer.
    """

    answers: type[ChatProtocol]
