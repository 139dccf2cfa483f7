"""What libraries log within a call loses the call's secrets; what they log elsewhere stays."""

from __future__ import annotations

import logging

import pytest

from iflytek_spark.protocol.secrets.log_filter import filter_logs, redacted_logs
from iflytek_spark.protocol.secrets.redaction import REDACTED
from iflytek_spark.protocol.steps import Opening

OPENING = Opening("https://host/v1", {"Authorization": "Bearer thekeyofanapp:thesecretofit"})
NAME = "a.library.below"


def test_only_what_is_logged_within_a_call_is_redacted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    filter_logs((NAME,))
    filter_logs((NAME,))
    log, other = logging.getLogger(NAME), logging.getLogger("another")
    log.debug("sent %s", "thesecretofit")
    with redacted_logs(OPENING, tuple):
        log.debug("sent %s", "thesecretofit")
        with redacted_logs(Opening("https://host"), lambda: ["http://anna:anothersecret@proxy"]):
            log.debug("by %s", "anothersecret")
        log.debug("again %r", b"thesecretofit")
        other.debug("another library's thesecretofit")
    log.debug("after %s", "anothersecret")
    assert [record.getMessage() for record in caplog.records] == [
        "sent thesecretofit",
        f"sent {REDACTED}",
        f"by {REDACTED}",
        f"again b'{REDACTED}'",
        "another library's thesecretofit",
        "after anothersecret",
    ]
    assert len(log.filters) == 1
