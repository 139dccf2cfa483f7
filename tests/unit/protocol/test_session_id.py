"""The session id is known from the first frame on, so that a caller who leaves is found again."""

from __future__ import annotations

from iflytek_spark.models.catalogue import find_model
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.dialects import CHAT_DIALECTS
from iflytek_spark.protocol.exchange import ChatExchange
from iflytek_spark.requests.build import build_request
from tests._support.frames import SID, piece
from tests.unit.protocol.flow_helpers import ME, Hand, Time


def test_it_is_there_before_the_end() -> None:
    request = build_request(find_model("4.0Ultra"), "你好", {})
    exchange = ChatExchange(CHAT_DIALECTS[request.spec.dialect], request)
    context = CallContext(ME, request.spec.url, Time().clock, "uid1")
    hand = Hand(call_flow(context, exchange))
    assert exchange.sid == ""
    hand.receiving().say(piece(0, "你"))
    assert exchange.sid == SID
