"""Images from a description (PROTOCOL.md §7), for both clients."""

from __future__ import annotations

from iflytek_spark.models.services import GeneratedImage
from iflytek_spark.protocol.call import CallContext, call_flow
from iflytek_spark.protocol.dialects.signed_post import ImageGeneration, ImageToMake
from iflytek_spark.protocol.exchange import SingleExchange
from iflytek_spark.protocol.steps import Flow
from iflytek_spark.protocol.wire.image import check_image_request
from iflytek_spark.streams import arun, run
from iflytek_spark.transports.base import ConnectionOptions
from iflytek_spark.transports.http_async import AsyncHttpTransport
from iflytek_spark.transports.http_sync import HttpTransport


def generate_image(
    context: CallContext, route: ConnectionOptions, prompt: str, width: int, height: int
) -> GeneratedImage:
    """Make an image; see :meth:`iflytek_spark.SparkClient.generate_image`."""
    flow = _flow(context, ImageToMake(prompt, width, height))
    with HttpTransport(route) as transport:
        return run(flow, transport)


async def agenerate_image(
    context: CallContext, route: ConnectionOptions, prompt: str, width: int, height: int
) -> GeneratedImage:
    """Make an image; see :meth:`iflytek_spark.SparkClient.generate_image`."""
    flow = _flow(context, ImageToMake(prompt, width, height))
    async with AsyncHttpTransport(route) as transport:
        return await arun(flow, transport)


def _flow(context: CallContext, image: ImageToMake) -> Flow[GeneratedImage]:
    check_image_request(*image)
    return call_flow(context, SingleExchange(ImageGeneration(), image))
