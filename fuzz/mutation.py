"""Changes an input as JSON, since bytes changed at random seldom get past the JSON parser."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

_ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, 2, -1, 2**31, 2**63, 10**400, 1e308, float("nan"), 0.5, "", "0", "\0",
    "\ud83d", "😀", "好" * 50, "a\nb", "```json\n{}\n```", "<tool_call>",
    [], {}, [[]], [{}], {"": 0},
)  # fmt: skip


def mutate(data: bytes, max_size: int, seed: int, usual: Callable[[bytes, int], bytes]) -> bytes:
    """Change an input.

    Args:
        data: the input; each of its lines may hold JSON after some other bytes.
        max_size: bytes of the longest result.
        seed: decides what is changed.
        usual: the fuzzer's own way, for half of the inputs.

    Returns:
        Another input.
    """
    random = Random(seed)
    lines = data.split(b"\n")
    place = random.randrange(len(lines))
    way = random.randrange(8)
    if way < 3:
        return usual(data, max_size)
    if way == 3:
        random.shuffle(lines)
    elif way == 4:
        lines.insert(place, random.choice(lines))
    else:
        changed = _line(lines[place], random)
        if changed is None:
            return usual(data, max_size)
        lines[place] = changed
    return b"\n".join(lines)[:max_size]


def _line(line: bytes, random: Random) -> bytes | None:
    """Change the JSON at the end of a line, or return None when there is none."""
    start = line.find(b"{")
    try:
        value = json.loads(line[start:])
    except ValueError:
        return None
    return line[:start] + json.dumps(_changed(value, random)).encode()


def _changed(value: Any, random: Random) -> Any:
    """Change one place of a JSON value."""
    if isinstance(value, dict | list) and value and random.random() < 0.9:
        return _inside(value, random)
    if isinstance(value, str) and value[:1] in ("{", "[") and random.random() < 0.5:
        return _text(value, random)
    return random.choice(_ODD)


def _inside(value: Any, random: Random) -> Any:
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = random.choice(keys)
    match random.randrange(6):
        case 0:
            del value[key]
        case 1 if isinstance(value, list):
            value.append(value[key])
        case 1:
            value[random.choice(list(keys)) + "x"] = value[key]
        case _:
            value[key] = _changed(value[key], random)
    return value


def _text(text: str, random: Random) -> str:
    """Change JSON that stands in a string."""
    try:
        return json.dumps(_changed(json.loads(text), random), ensure_ascii=False)
    except ValueError:
        return text[: random.randrange(len(text))]
