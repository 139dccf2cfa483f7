"""SparkImageTool: iFlytek Spark's image generation as a tool for agents."""

from __future__ import annotations

from typing import Literal, Self

from langchain_core.callbacks import AsyncCallbackManagerForToolRun, CallbackManagerForToolRun
from langchain_core.tools import BaseTool
from langchain_core.tools.base import ArgsSchema
from pydantic import BaseModel, Field, model_validator

from iflytek_spark import IMAGE_SIZES
from langchain_spark._errors import model_errors
from langchain_spark._settings import Connection

_SIZES = ", ".join(f"{width}x{height}" for width, height in IMAGE_SIZES)


class _Arguments(BaseModel):
    """What the model fills in."""

    prompt: str = Field(
        description="What the image shows, in detail.", min_length=1, max_length=1000
    )
    width: int = Field(default=512, description=f"Pixels. width x height is one of {_SIZES}.")
    height: int = Field(default=512, description="Pixels.")

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        if (self.width, self.height) not in IMAGE_SIZES:
            raise ValueError(f"no images of {self.width}x{self.height}; the sizes are {_SIZES}")
        return self


class SparkImageTool(Connection, BaseTool):
    """A tool that makes images with iFlytek Spark (讯飞星火).

    The tool message's text tells the model that the image exists and how large it is; the
    image file itself, as bytes, is the message's ``artifact``.

    .. code-block:: python

        from langchain.agents import create_agent
        from langchain_spark import ChatSpark, SparkImageTool

        agent = create_agent(ChatSpark(model="4.0Ultra"), [SparkImageTool()])

    Credentials are those of :class:`~langchain_spark.SparkEmbeddings`; image generation is
    enabled apart from the models in the console.
    """

    name: str = "generate_image"
    description: str = "Make an image from a description of what it shows."
    args_schema: ArgsSchema | None = _Arguments
    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"

    def _run(
        self,
        prompt: str,
        width: int = 512,
        height: int = 512,
        run_manager: CallbackManagerForToolRun | None = None,
    ) -> tuple[str, bytes]:
        with model_errors():
            image = self._sync_client().generate_image(prompt, width=width, height=height)
        return _result_text(width, height), image.data

    async def _arun(
        self,
        prompt: str,
        width: int = 512,
        height: int = 512,
        run_manager: AsyncCallbackManagerForToolRun | None = None,
    ) -> tuple[str, bytes]:
        with model_errors():
            client = self._async_client()
            image = await client.generate_image(prompt, width=width, height=height)
        return _result_text(width, height), image.data


def _result_text(width: int, height: int) -> str:
    return f"The image is made: {width}x{height} pixels. The user can see it."
