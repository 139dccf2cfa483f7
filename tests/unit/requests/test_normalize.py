"""A conversation is put into the order that Spark accepts, and no text is lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iflytek_spark.assumptions import ASSISTANT_FIRST
from iflytek_spark.errors import InvalidRequestError
from iflytek_spark.messages import ImagePart, Message, Role, TextPart
from iflytek_spark.models.catalogue import find_model
from iflytek_spark.requests.normalize import normalize_messages

WITH_SYSTEM, WITHOUT = find_model("4.0Ultra"), find_model("lite")
SEEING = find_model("image")
JPEG = ImagePart(b"\xff\xd8\xff\xe0rest")
PNG = ImagePart(b"\x89PNG\r\n\x1a\nrest")


def talk(turns: str) -> list[Message]:
    """Write turns short: ``"s:Be kind u:Hi a:Hello u:Bye"``."""
    roles: dict[str, Role] = {"s": "system", "u": "user", "a": "assistant"}
    return [Message(roles[turn[0]], turn[2:]) for turn in turns.split()]


def short(messages: Sequence[Message]) -> str:
    """Write messages as :func:`talk` reads them, with + where texts were merged."""
    return " ".join(f"{m.role[0]}:{m.text}".replace("\n\n", "+") for m in messages)


@pytest.mark.parametrize(
    ("given_turns", "with_role", "without_role"),
    [
        ("u:A", "u:A", "u:A"),
        ("u:A a:B u:C", "u:A a:B u:C", "u:A a:B u:C"),
        ("u:A u:B", "u:A+B", "u:A+B"),
        ("u:A a:B a:C u:D", "u:A a:B+C u:D", "u:A a:B+C u:D"),
        ("s:S u:A", "s:S u:A", "u:S+A"),
        ("s:S s:T u:A", "s:S+T u:A", "u:S+T+A"),
        ("s:S u:A a:B u:C", "s:S u:A a:B u:C", "u:S+A a:B u:C"),
        ("u:A s:S u:B", "u:A+S+B", "u:A+S+B"),
        ("u:A a:B s:S u:C", "u:A a:B u:S+C", "u:A a:B u:S+C"),
        ("u:A s:S", "u:A+S", "u:A+S"),
        ("u:A a:B", "u:A a:B u:请继续。", "u:A a:B u:请继续。"),
        ("s:S", "u:S", "u:S"),
        ("s:S s:T", "u:S+T", "u:S+T"),
        ("s:S a:A", "s:S u:（此前助手说：A）+请继续。", "u:S+（此前助手说：A）+请继续。"),
        ("a:A", "u:（此前助手说：A）+请继续。", "u:（此前助手说：A）+请继续。"),
        ("a:A u:B", "u:（此前助手说：A）+B", "u:（此前助手说：A）+B"),
        ("a:A s:S u:B", "u:（此前助手说：A）+S+B", "u:（此前助手说：A）+S+B"),
    ],
)
def test_the_order_that_spark_accepts(given_turns: str, with_role: str, without_role: str) -> None:
    assert short(normalize_messages(talk(given_turns), WITH_SYSTEM)) == with_role
    assert short(normalize_messages(talk(given_turns), WITHOUT)) == without_role


def test_a_system_message_between_the_turns_goes_into_the_next_user_turn() -> None:
    assert short(normalize_messages(talk("u:A s:S a:B u:C"), WITH_SYSTEM)) == "u:A a:B u:S+C"


def test_a_prompt_is_one_user_message() -> None:
    assert normalize_messages("你好", WITHOUT) == (Message("user", "你好"),)


@pytest.mark.parametrize("blank", ["", "  \n"])
def test_blank_turns_of_others_are_left_out(blank: str) -> None:
    messages = [Message("system", blank), Message("user", "A"), Message("assistant", blank)]
    assert short(normalize_messages([*messages, Message("user", "B")], WITH_SYSTEM)) == "u:A+B"


TEXTS = st.text(min_size=1).filter(str.strip)
SPEAKERS: list[Role] = ["system", "user", "assistant"]
MESSAGES = st.lists(st.builds(Message, st.sampled_from(SPEAKERS), TEXTS), max_size=8)
MODELS = st.sampled_from([WITH_SYSTEM, WITHOUT])


@given(MESSAGES, TEXTS, MODELS)
def test_turns_alternate_and_end_with_the_user(earlier: Any, text: str, spec: Any) -> None:
    turns = normalize_messages([*earlier, Message("user", text)], spec)
    roles = [turn.role for turn in turns]
    assert roles[-1] == "user"
    assert all(one != other for one, other in pairwise(roles))
    assert "system" not in roles[1:] if spec.system_role else "system" not in roles


@given(MESSAGES, TEXTS, MODELS)
def test_no_text_is_lost_and_none_is_added(earlier: Any, text: str, spec: Any) -> None:
    messages = [Message("user", "问"), *earlier, Message("user", text)]
    turns = normalize_messages(messages, spec)
    rest = [turn.text for turn in turns]
    for message in sorted(messages, key=lambda message: -len(message.text)):
        home = next(index for index, turn in enumerate(rest) if message.text in turn)
        rest[home] = rest[home].replace(message.text, "", 1)
    assert not "".join(rest).strip()


def test_a_greeting_before_the_first_question_goes_into_the_users_turn() -> None:
    greeting = Message("assistant", "您好")
    turns = normalize_messages(
        [Message("system", "简短"), greeting, Message("user", "问")], WITH_SYSTEM
    )
    assert [turn.role for turn in turns] == ["system", "user"]
    assert turns[1].text == f"{ASSISTANT_FIRST.format('您好')}\n\n问"


@given(MESSAGES, TEXTS, MODELS)
def test_what_is_in_order_is_left_alone(earlier: Any, text: str, spec: Any) -> None:
    once = normalize_messages([*earlier, Message("user", text)], spec)
    assert normalize_messages(once, spec) == once


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "messages is empty"),
        ("", r"messages\[0\].content is empty"),
        ("  \n", r"messages\[0\].content is empty"),
        ([Message("user", "A"), Message("user", " ")], r"messages\[1\].content is empty"),
        ([Message("user", ())], r"messages\[0\].content is empty"),
        ([Message("assistant", "")], "messages hold no text"),
        (["A"], r"messages\[0\] is a str, not a Message"),
        ([{"role": "user", "content": "A"}], r"messages\[0\] is a dict, not a Message"),
        ([Message("user", "A"), None], r"messages\[1\] is a NoneType"),
        ([Message("function", "A")], r"messages\[0\].role is 'function'"),  # type: ignore[arg-type]
        ([Message("user", 5)], r"messages\[0\].content is a int"),  # type: ignore[arg-type]
        ([Message("user", b"A")], r"messages\[0\].content is a bytes"),  # type: ignore[arg-type]
        ([Message("user", None)], r"messages\[0\].content is a NoneType"),  # type: ignore[arg-type]
        ([Message("user", ["A"])], r"messages\[0\].content is a list"),  # type: ignore[arg-type]
        ([Message("user", ("A",))], r"messages\[0\].content holds a str"),  # type: ignore[arg-type]
        ([Message("user", (TextPart(5),))], r"messages\[0\].content"),  # type: ignore[arg-type]
        ([Message("user", (ImagePart("x"),))], r"messages\[0\].content"),  # type: ignore[arg-type]
        (5, "messages"),
        (None, "messages"),
    ],
)
def test_what_cannot_be_sent_is_refused(messages: Any, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words):
        normalize_messages(messages, WITH_SYSTEM)


def test_texts_of_parts_are_merged_as_parts() -> None:
    image, text = Message("user", (JPEG,)), Message("user", "这是什么？")
    assert normalize_messages([image, text], SEEING) == (
        Message("user", (JPEG, TextPart("这是什么？"))),
    )
    assert normalize_messages([text, image], SEEING) == (
        Message("user", (TextPart("这是什么？"), JPEG)),
    )


@pytest.mark.parametrize("image", [JPEG, PNG])
def test_an_image_of_either_kind_is_taken(image: ImagePart) -> None:
    messages = [Message("user", (image, TextPart("？")))]
    assert normalize_messages(messages, SEEING)[0].images == (image,)


@pytest.mark.parametrize(
    ("model", "images", "words"),
    [
        ("4.0Ultra", [JPEG], "'4.0Ultra' cannot look at images"),
        ("image", [], "takes one image, these messages hold 0"),
    ],
)
def test_images_that_the_model_cannot_take(model: str, images: Any, words: str) -> None:
    messages = [Message("user", (*images, TextPart("这是什么？")))]
    with pytest.raises(InvalidRequestError, match=words):
        normalize_messages(messages, find_model(model))


def test_an_image_of_four_megabytes_is_taken() -> None:
    image = ImagePart(JPEG.data.ljust(4 * 2**20))
    assert normalize_messages([Message("user", (image, TextPart("？")))], SEEING)[0].images == (
        image,
    )
