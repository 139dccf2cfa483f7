"""Semantic Kernel's chat service and agent."""

from openai import AsyncOpenAI
from semantic_kernel.agents import ChatCompletionAgent
from semantic_kernel.connectors.ai import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import (
    OpenAIChatCompletion,
    OpenAIChatPromptExecutionSettings,
    OpenAITextEmbedding,
)
from semantic_kernel.contents import ChatHistory
from semantic_kernel.functions import kernel_function
from steps import BASE, HELLO, KEY, MODEL, SUNNY, VECTORS, WEATHER, WORLD, run, same, step


class Tools:
    @kernel_function(description="今天的天气")
    def get_weather(self, city: str) -> str:
        return f"{city}：晴"


def client():
    return AsyncOpenAI(base_url=BASE, api_key=KEY, max_retries=0)


def service():
    return OpenAIChatCompletion(ai_model_id=MODEL, async_client=client())


def history():
    asked = ChatHistory()
    asked.add_user_message(HELLO)
    return asked


@step
async def chat():
    settings = OpenAIChatPromptExecutionSettings()
    same(str(await service().get_chat_message_content(history(), settings)), WORLD)


@step
async def stream():
    settings = OpenAIChatPromptExecutionSettings()
    chunks = service().get_streaming_chat_message_content(history(), settings)
    same("".join([str(chunk) async for chunk in chunks]), WORLD)


@step
async def agent():
    own = ChatCompletionAgent(
        service=service(),
        plugins=[Tools()],
        function_choice_behavior=FunctionChoiceBehavior.Auto(),
    )
    same(str((await own.get_response(messages=WEATHER)).message), SUNNY)


@step
async def vectors():
    embedding = OpenAITextEmbedding(ai_model_id=VECTORS, async_client=client())
    same((await embedding.generate_embeddings(["甲"])).shape, (1, 2560))


run()
