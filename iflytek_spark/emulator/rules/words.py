"""Words of Chinese and English text, as far as the responder's rules need them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from iflytek_spark.emulator.media.language import CJK, ENGLISH, HAN

_CJK_RUN = re.compile(f"[{CJK}]+")
_LATIN_WORD = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SENTENCE_END = re.compile(r"(?<=[。！？!?；])|(?<=\.)\s+|\n+")
_QUOTED = re.compile(r"\"([^\"\n]+)\"|“([^”\n]+)”|「([^」\n]+)」|『([^』\n]+)』|`([^`\n]+)`"
                     r"|(?<![A-Za-z0-9_])'([^'\n]+)'(?![A-Za-z0-9_])|‘([^’\n]+)’")  # fmt: skip
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![A-Za-z_\d])")
_PROPER = re.compile(rf"[A-Z](?:(?![{CJK}])[\w'’-])*(?:,? [A-Z](?:(?![{CJK}])[\w'’-])*)*")
TIME = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?|\d{1,2}:\d\d"
    r"|(?:今|明|后|昨|前)(?:天|日|年|晚|早)|(?:本|这|上|下)(?:周|星期|个?月)(?:[一二三四五六日天末])?"
    r"|(?:周|星期)[一二三四五六日天]|现在|\d{1,2}月\d{1,2}[日号]"
    r"|\b(?:today|tomorrow|tonight|yesterday|now|(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
"""A point in time as people write it."""

_ABOUT_FORM = """
json ai s t re ll ve don doesn call tool tools function functions get given return returns
"""
_STOP_WORDS = ENGLISH | frozenset(_ABOUT_FORM.split())
_STOP_PHRASES = re.compile(
    "请问|请|帮我|帮忙|告诉我|给我|查询一下|查询|查一下|获取|返回|指定|一下|一个|这个|那个|什么时候|"
    "是什么|为什么|什么样|什么|怎么样|怎样|怎么|如何|多少|多长|多大|多高|多久|多远|几个|何时|何处|谁|哪里|哪个|哪些|是否|可以|能够|使用|调用|工具|"
    "函数|我们|你们|他们|我|你|您|他|她|它|的|了|吗|呢|吧|啊|呀|是|有|在|和|与|及|也|都|很|把|被|给"
)


def is_chinese(text: str) -> bool:
    """Tell whether a text holds Chinese characters."""
    return re.search(f"[{HAN}]", text) is not None


def sentences(text: str) -> list[str]:
    """Split a text into sentences, without white space around them."""
    return [part.strip() for part in _SENTENCE_END.split(text) if part.strip()]


def terms(text: str) -> set[str]:
    """Return what a text is about: its Latin words and the pairs of its CJK characters.

    Words that carry no meaning of their own are left out; snake_case and camelCase are split;
    a plural counts as its singular.
    """
    return set(_latin_terms(text)) | set(_cjk_terms(text))


def _latin_terms(text: str) -> Iterator[str]:
    for word in _LATIN_WORD.findall(_CAMEL.sub(" ", text)):
        lower = word.lower()
        if lower not in _STOP_WORDS:
            yield lower.removesuffix("s") if len(lower) > 3 else lower


def _cjk_terms(text: str) -> Iterator[str]:
    for run in _CJK_RUN.findall(_STOP_PHRASES.sub(" ", text)):
        if len(run) == 1:
            yield run
        for start in range(len(run) - 1):
            yield run[start : start + 2]


def quoted(text: str) -> list[str]:
    """Return what stands in quotation marks of any kind, in order."""
    return [next(filter(None, match.groups())) for match in _QUOTED.finditer(text)]


def numbers(text: str) -> list[float]:
    """Return the numbers of a text in order; digits inside a name are none."""
    return [float(found.replace(",", "")) for found in _NUMBER.findall(text)]


def proper_names(text: str) -> list[str]:
    """Return capitalised words, neighbours together, without the one that begins a sentence."""
    names = []
    for sentence in sentences(text):
        for match in _PROPER.finditer(sentence):
            words = match[0].split(" ")
            if match.start() == 0:
                words = words[1:]
            if words and words[0].lower() not in _STOP_WORDS:
                names.append(" ".join(words).rstrip(","))
    return names


def topics(text: str, without: set[str]) -> list[str]:
    """Return the stretches of meaningful words in a text, in order.

    Terms ``without`` are left out besides words without a meaning of their own.
    """
    text = TIME.sub("\n", text)
    latin = re.sub(r"[A-Za-z]+", lambda match: _kept(match[0], without), text)
    plain = _STOP_PHRASES.sub("\n", _without_pairs(latin, without))
    found = re.findall(f"[{CJK}]+|[A-Za-z][A-Za-z' ]*", plain)
    return [stretch.strip() for stretch in found if stretch.strip()]


def phrases(text: str) -> list[str]:
    """Return what stands between punctuation and the Chinese words without a meaning."""
    plain = _STOP_PHRASES.sub("\n", TIME.sub("\n", text))
    return [
        found.strip()
        for found in re.split(r"[\n，。？！；：、“”（）?!,;:()]", plain)
        if found.strip()
    ]


def _kept(word: str, without: set[str]) -> str:
    return word if set(_latin_terms(word)) - without else "\n"


def _without_pairs(text: str, without: set[str]) -> str:
    for pair in sorted(term for term in without if _CJK_RUN.fullmatch(term)):
        text = text.replace(pair, "\n")
    return text
