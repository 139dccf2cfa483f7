"""Images from a description (PROTOCOL.md §7), for both clients."""

from __future__ import annotations

from iflytek_spark.protocol.images import check_image_request, decode_image, encode_image_request
from iflytek_spark.protocol.post import PostFlow, post_flow
from iflytek_spark.service_values import GeneratedImage
from iflytek_spark.services.posts import Caller, adrive_post, drive_post
from iflytek_spark.transports.http import AsyncHttpTransport, HttpTransport


def generate_image(caller: Caller, prompt: str, width: int, height: int) -> GeneratedImage:
    """Make an image; see :meth:`iflytek_spark.SparkClient.generate_image`."""
    flow = _flow(caller, prompt, width, height)
    with HttpTransport(caller.route) as transport:
        return drive_post(flow, transport)


async def agenerate_image(caller: Caller, prompt: str, width: int, height: int) -> GeneratedImage:
    """Make an image; see :meth:`iflytek_spark.SparkClient.generate_image`."""
    flow = _flow(caller, prompt, width, height)
    async with AsyncHttpTransport(caller.route) as transport:
        return await adrive_post(flow, transport)


def _flow(caller: Caller, prompt: str, width: int, height: int) -> PostFlow[GeneratedImage]:
    check_image_request(prompt, width, height)
    app_id = caller.credentials.app_id
    body = encode_image_request(prompt, width, height, app_id, caller.uid)
    return post_flow(caller.call(body, decode_image))
