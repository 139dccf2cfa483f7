"""SparkImageTool: iFlytek Spark's image generation as a tool for agents."""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from typing import Any, Literal, Self

from langchain_core.callbacks import AsyncCallbackManagerForToolRun, CallbackManagerForToolRun
from langchain_core.messages import ImageContentBlock, ToolMessage
from langchain_core.tools import BaseTool, ToolException
from langchain_core.tools.base import ArgsSchema
from pydantic import BaseModel, Field, model_validator

from iflytek_spark import IMAGE_SIZES, GeneratedImage
from iflytek_spark import errors as spark
from iflytek_spark.adapters import IMAGE_GENERATION, Service
from langchain_spark._errors import model_errors
from langchain_spark._settings import Connection

_log = logging.getLogger("langchain_spark")
_SIZES = ", ".join(f"{width}x{height}" for width, height in IMAGE_SIZES)
_REASONS: dict[type[spark.SparkError], str] = {
    spark.ContentFilterError: "内容审核没有通过，请换一种描述",
    spark.RateLimitError: "请求太多，请稍后再试",
    spark.APITimeoutError: "服务没有及时回应，请稍后再试",
    spark.APIConnectionError: "连不上图片服务，请稍后再试",
    spark.InternalServerError: "图片服务暂时不可用，请稍后再试",
    spark.AuthenticationError: "密钥没有被接受，需要应用的开发者处理",
    spark.PermissionDeniedError: "应用没有权限或额度已用完，需要应用的开发者处理",
    spark.MissingCredentialsError: "没有设置密钥，需要应用的开发者处理",
}
"""What the model is told of a failure, so that it can tell the user; the first that fits."""


class _Arguments(BaseModel):
    """What the model fills in."""

    prompt: str = Field(description="图片的内容，写得详细一些。", min_length=1, max_length=1000)
    width: int = Field(default=512, description=f"宽，像素。宽x高只能是 {_SIZES}。")
    height: int = Field(default=512, description="高，像素。")

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if (self.width, self.height) not in IMAGE_SIZES:
            raise ValueError(f"no images of {self.width}x{self.height}; the sizes are {_SIZES}")
        return self


class SparkImageTool(Connection, BaseTool):
    """A tool that makes images with iFlytek Spark (讯飞星火).

    The tool message's text tells the model, in Chinese, that the image exists and how large it is;
    the image itself is the message's ``artifact``, a standard image block
    ``{"type": "image", "base64": …, "mime_type": …}``, which JSON can hold.

    .. code-block:: python

        from langchain.agents import create_agent
        from langchain_spark import ChatSpark, SparkImageTool

        agent = create_agent(ChatSpark(model="4.0Ultra"), [SparkImageTool()])

    Credentials are those of :class:`~langchain_spark.SparkEmbeddings`; image generation is
    enabled apart from the models in the console.

    When an agent calls the tool and the service fails, the tool message has the status ``error``
    and tells the model why, so that it can tell the user; the error itself is logged and reported
    to callbacks. ``handle_tool_error=False`` raises it instead, and a text there is what the model
    reads. A program that invokes the tool with its arguments always gets the error, which is a
    :class:`~iflytek_spark.SparkError`.
    """

    name: str = "generate_image"
    description: str = "按描述生成一张图片，用户可以看到它。"
    args_schema: ArgsSchema | None = _Arguments
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: bool | str | Callable[[ToolException], str] | None = True

    def run(
        self,
        tool_input: str | dict[str, Any],
        *args: Any,
        tool_call_id: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Make an image; ``invoke`` ends here.

        Args:
            tool_input: the arguments.
            *args: passed on to LangChain.
            tool_call_id: the id of the model's tool call, if there is one.
            **kwargs: passed on to LangChain.

        Returns:
            For a tool call its message, else the text that the model reads.

        Raises:
            SparkError: when no image could be made, unless a tool call asked for it.
        """
        try:
            return super().run(tool_input, *args, tool_call_id=tool_call_id, **kwargs)
        except spark.SparkError as error:
            if tool_call_id is None or not self.handle_tool_error:
                raise
            return self._failure(tool_call_id, error)

    async def arun(
        self,
        tool_input: str | dict[str, Any],
        *args: Any,
        tool_call_id: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """Make an image; see :meth:`run`."""
        try:
            return await super().arun(tool_input, *args, tool_call_id=tool_call_id, **kwargs)
        except spark.SparkError as error:
            if tool_call_id is None or not self.handle_tool_error:
                raise
            return self._failure(tool_call_id, error)

    @property
    def _asked(self) -> Service:
        return IMAGE_GENERATION

    def _run(
        self,
        prompt: str,
        width: int = 512,
        height: int = 512,
        run_manager: CallbackManagerForToolRun | None = None,
    ) -> tuple[str, ImageContentBlock]:
        with model_errors():
            image = self._sync_client().generate_image(prompt, width=width, height=height)
        return _result(image, width, height)

    async def _arun(
        self,
        prompt: str,
        width: int = 512,
        height: int = 512,
        run_manager: AsyncCallbackManagerForToolRun | None = None,
    ) -> tuple[str, ImageContentBlock]:
        with model_errors():
            client = self._async_client()
            image = await client.generate_image(prompt, width=width, height=height)
        return _result(image, width, height)

    def _failure(self, call_id: str, error: spark.SparkError) -> ToolMessage:
        """Tell the model of a failure in words for a user, and the developer in the log."""
        _log.error("%s could not make an image: %s", self.name, error)
        match self.handle_tool_error:
            case str(words):
                content = words
            case bool() | None:
                content = _reason(error)
            case write:
                content = write(ToolException(str(error)))
        return ToolMessage(content, tool_call_id=call_id, name=self.name, status="error")


def _result(image: GeneratedImage, width: int, height: int) -> tuple[str, ImageContentBlock]:
    block = ImageContentBlock(
        type="image",
        base64=base64.b64encode(image.data).decode(),
        mime_type=image.media_type,
    )
    return f"图片已生成：{width}x{height} 像素，用户可以看到。", block


def _reason(error: spark.SparkError) -> str:
    reasons = (reason for kind, reason in _REASONS.items() if isinstance(error, kind))
    code = f"（错误码 {error.code}）" if error.code is not None else ""
    return f"图片没有生成：{next(reasons, '图片服务出错')}{code}。"
