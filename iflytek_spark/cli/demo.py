"""``demo``: a LangChain chain on Spark, or on a local stand-in when there are no keys."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import Runnable, RunnableParallel
from pydantic import SecretStr

from iflytek_spark.cli.commands import PROGRAM
from iflytek_spark.cli.service import Service, emulated_service
from iflytek_spark.cli.tables import aligned
from iflytek_spark.cli.terminal import bold, dim, plain
from iflytek_spark.credentials import Credentials
from iflytek_spark.endpoint import Endpoint
from iflytek_spark.env_file import load_env_file
from iflytek_spark.errors import APIError, MissingCredentialsError
from langchain_spark import ChatSpark

_QUESTION = "中秋的月亮为什么特别？"
_NOTES = {
    "天文": "中秋前后，月亮与太阳分居地球两侧，所以看起来最圆。"
    "入秋以后空气干爽少云，中秋的月亮因此格外明亮。潮汐也受它的牵引。",
    "民俗": "中秋节在农历八月十五，圆圆的月亮象征全家团圆。"
    "这天夜里人们一边看中秋的月亮，一边吃月饼、提灯笼。各地的月饼口味不同。",
    "诗词": "苏轼在中秋的夜里望着月亮，写词思念远方的弟弟。"
    "诗人说，中秋的月亮同时照着分隔两地的人。李白也爱写酒。",
}
_INDENT = "   "
_UNDER = 3 * _INDENT


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of ``demo``."""
    parser.add_argument(
        "--emulator", action="store_true", help="use the local stand-in although there are keys"
    )


def run(args: argparse.Namespace) -> int:
    """Show what a chain does, and return the exit status.

    Raises:
        SparkError: when the service cannot be used.
    """
    load_env_file()
    print(bold("iFlytek Spark 讯飞星火 + LangChain"), end="\n\n")
    with _service(args.emulator) as service:
        model = _model(service)
        _show_streaming(model)
        asyncio.run(_show_parallel(model))
        _show_error(service)
        _show_next(service)
    return 0


@contextlib.contextmanager
def _service(wanted: bool) -> Iterator[Service]:
    """Say who answers, and why, and yield how to reach it."""
    reason = "--emulator" if wanted else _missing_keys()
    if not reason:
        print(_address(), end="\n\n")
        yield Service(Credentials.from_env())
        return
    with emulated_service() as service:
        print(f"连接：本地模拟器 (local emulator)  {service.base_url}")
        print(f"原因：{reason}")
        print(dim("它照样检查签名，但按规则作答，不是大语言模型。"), end="\n\n")
        yield service


def _missing_keys() -> str:
    try:
        Credentials.from_env()
    except MissingCredentialsError as error:
        return f"没有找到完整的密钥 (no keys)\n{_INDENT}{dim(error.message)}"
    return ""


def _address() -> str:
    endpoint = Endpoint.from_env()
    url = endpoint.url(endpoint.model)
    if url == endpoint.model.url:
        return f"连接：讯飞星火的真实服务 (the real service)  {url}"
    return f"连接：设置里的地址 (SPARK_BASE_URL)  {url}"


def _model(service: Service) -> ChatSpark:
    known = service.credentials
    return ChatSpark(
        app_id=known.app_id,
        api_key=SecretStr(known.api_key),
        api_secret=SecretStr(known.api_secret),
        base_url=service.base_url,
    )


def _chain(model: ChatSpark, notes: str) -> Runnable[dict[str, str], str]:
    prompt = ChatPromptTemplate.from_messages(
        [
            ("system", "请只根据资料，用一到三句话回答问题。"),
            ("human", "资料：\n{notes}\n\n问题：{question}"),
        ]
    ).partial(notes=notes)
    return prompt | model | StrOutputParser()


def _show_streaming(model: ChatSpark) -> None:
    _heading("1", "流式回答", "prompt | ChatSpark | StrOutputParser")
    print(f"{_INDENT}提问：{_QUESTION}\n{_INDENT}回答：", end="", flush=True)
    chain = _chain(model, "\n".join(_NOTES.values()))
    for text in chain.stream({"question": _QUESTION}):
        print(_indented(text, _UNDER), end="", flush=True)
    print(end="\n\n")


async def _show_parallel(model: ChatSpark) -> None:
    _heading("2", "同一个问题，三个提示并行", "RunnableParallel")
    chains = {name: _chain(model, notes) for name, notes in _NOTES.items()}
    started = time.monotonic()
    answers = await RunnableParallel(chains).ainvoke({"question": _QUESTION})
    elapsed = time.monotonic() - started
    for name, answer in answers.items():
        print(f"{_INDENT}{name}：{_indented(answer, _UNDER)}")
    print(dim(f"{_INDENT}一共用时 {elapsed:.1f} 秒"), end="\n\n")


def _show_error(service: Service) -> None:
    _heading("3", "密钥写错时", "a wrong APISecret")
    known = service.credentials
    wrong = replace(service, credentials=replace(known, api_secret=known.api_secret[::-1]))
    try:
        _model(wrong).invoke(_QUESTION)
    except APIError as error:
        kinds = " + ".join(kind.__name__ for kind in type(error).__bases__)
        rows = [("类型", kinds), ("错误", error.message), ("提示", error.hint)]
        print(*(f"{_INDENT}{name}：{plain(text)}" for name, text in rows), sep="\n", end="\n\n")


def _show_next(service: Service) -> None:
    print(bold("接下来 (next)"))
    program, option = _program(), " --emulator" if service.emulated else ""
    rows = [
        (f"{program} chat{option}", "在终端里对话"),
        (f"{program} models", "所有模型"),
        ("cp .env.example .env", "填入自己的密钥，再 make demo 就连到讯飞星火"),
    ]
    print(*(f"{_INDENT}{line}" for line in aligned(rows[: 3 if service.emulated else 2])), sep="\n")


def _program() -> str:
    """Return what to type for this command line, from the present folder."""
    beside = Path(sys.executable).with_name(PROGRAM)
    if shutil.which(PROGRAM) != str(beside) and beside.is_file():
        return os.path.relpath(beside)
    return PROGRAM


def _heading(number: str, title: str, note: str) -> None:
    print(f"{bold(f'{number}  {title}')}  {dim(note)}")


def _indented(text: str, indent: str = _INDENT) -> str:
    return plain(text).replace("\n", f"\n{indent}")
