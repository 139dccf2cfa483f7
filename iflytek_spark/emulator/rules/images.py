"""Says what can be seen of an image without a vision model: format, size, main colour."""

from __future__ import annotations

import importlib

from iflytek_spark.emulator.rules.words import is_chinese
from iflytek_spark.images.probe import read_header

_COLOURS = {
    ("黑色", "black"): (0, 0, 0),
    ("白色", "white"): (255, 255, 255),
    ("灰色", "grey"): (128, 128, 128),
    ("红色", "red"): (220, 30, 30),
    ("橙色", "orange"): (255, 150, 30),
    ("黄色", "yellow"): (250, 230, 40),
    ("绿色", "green"): (40, 160, 60),
    ("青色", "cyan"): (40, 200, 210),
    ("蓝色", "blue"): (40, 70, 220),
    ("紫色", "purple"): (140, 50, 170),
    ("粉色", "pink"): (250, 160, 190),
    ("棕色", "brown"): (120, 75, 40),
}


def describe_image(data: bytes, question: str) -> str | None:
    """Describe an image in the language of the question, which is repeated.

    Returns:
        A few sentences, without the colour when Pillow is not installed or cannot read the
        file; None when not even its header can be read.
    """
    header = read_header(data)
    if header is None:
        return None
    colour = _colour_name(data)
    size = (header.width, header.height)
    if is_chinese(question):
        seen = f"，主要颜色是{colour[0]}" if colour else ""
        text = "这张图片是 {} 格式，宽 {} 像素，高 {} 像素".format(header.format, *size)
        return f"{text}{seen}。你问的是：“{question}”"
    seen = f", mainly {colour[1]}" if colour else ""
    text = "The picture is a {} of {} by {} pixels".format(header.format, *size)
    return f"{text}{seen}. You asked: “{question}”"


def _colour_name(data: bytes) -> tuple[str, str] | None:
    """Name the main colour in Chinese and English."""
    try:
        pillow = importlib.import_module("iflytek_spark.emulator.media.main_colour")
    except ImportError:
        return None
    main = pillow.main_colour(data)
    return min(_COLOURS, key=lambda name: _distance(_COLOURS[name], main)) if main else None


def _distance(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other))
