"""Every annotation of the public face can be evaluated, as LangChain, pydantic and IDEs do."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.tools import tool

from iflytek_spark.emulator import Emulator
from langchain_spark import ChatSpark
from tests._support.packages import PRODUCT
from tests._support.service import settings_of


def modules() -> Iterator[ModuleType]:
    """Every module that its name does not mark as private."""
    for name in PRODUCT:
        package = importlib.import_module(name)
        yield package
        for found in pkgutil.walk_packages(package.__path__, f"{name}."):
            if not any(part.startswith("_") for part in found.name.split(".")):
                yield importlib.import_module(found.name)


def public_callables(module: ModuleType) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The functions and classes that a module defines, and the methods of the classes."""
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(value):
            yield f"{module.__name__}.{name}", value
            yield from methods(value)
        elif inspect.isfunction(value):
            yield f"{module.__name__}.{name}", value


def methods(kind: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public methods of a class, its own and those inherited from a class of ours."""
    ours = [base for base in kind.__mro__ if base.__module__.partition(".")[0] in PRODUCT]
    for base in ours:
        for name, value in list(vars(base).items()):
            inner = value.fget if isinstance(value, property) else value
            function = getattr(inner, "__func__", inner)
            public = name == "__init__" or not name.startswith("_")
            if public and inspect.isfunction(function) and function.__module__ == base.__module__:
                yield f"{base.__module__}.{base.__qualname__}.{name}", function


CALLABLES = {name: value for module in modules() for name, value in public_callables(module)}


def test_there_is_something_to_evaluate() -> None:
    assert {name.partition(".")[0] for name in CALLABLES} == set(PRODUCT)
    assert "langchain_spark._binding.BindableChatModel.bind_tools" in CALLABLES
    assert len(CALLABLES) > 500


def test_every_annotation_can_be_evaluated() -> None:
    failed = {}
    for name, value in CALLABLES.items():
        try:
            typing.get_type_hints(value)
        except NameError as error:
            failed[name] = str(error)
    assert failed == {}


def test_tools_are_bound_to_a_model_with_fallbacks(emulator: Emulator) -> None:
    """LangChain looks at what ``bind_tools`` returns, to bind them to the fallbacks too."""

    @tool
    def clock() -> str:
        """Tell the time."""
        return "9:00"

    one, other = (ChatSpark(**settings_of(emulator), model=name) for name in ("max", "4.0Ultra"))
    llm: Any = one.with_fallbacks([other])
    message = llm.bind_tools([clock], tool_choice="any").invoke("几点")
    assert isinstance(message, AIMessage)
    assert message.tool_calls[0]["name"] == "clock"
