"""What all that compares texts needs: ranges of characters, and words without a meaning."""

from __future__ import annotations

HAN = "\u3400-\u9fff\uf900-\ufaff"
"""Chinese characters, as a range of a regular expression."""

CJK = f"{HAN}\u3040-\u30ff\uac00-\ud7af"
"""Chinese, Japanese and Korean characters."""

_ENGLISH = """
a about after all also am an and any are as at be been before but by can could did do does for
from give had has have he her here him his how i if in into is it its just let like make may me
more my no not of on one only or our out please she should so some such tell than that the their
them then there these they this those to up us use used using want was we were what when where
which who whom whose why will with would write you your
"""
_CHINESE = """
的 地 得 了 着 吗 呢 吧 啊 呀 是 在 和 与 或 也 都 就 又 再 还 才 只 很 更 最 把 被 给 让 不
没 有 能 会 要 想 我 你 您 他 她 它 们 这 那 哪 谁 几 请 什么 怎么 怎样 如何 为何 为什么
多少 是否 可以 应该 需要 一个 一下 一些 如果 因为 所以 但是 而且 或者
"""

ENGLISH = frozenset(_ENGLISH.split())
"""English function words, in lower case."""

CHINESE = frozenset(_CHINESE.split())
"""Chinese particles, pronouns, auxiliaries, conjunctions and question words. Inside a word such a
character may well have a meaning (会议), so that it may count less but not be left out."""
