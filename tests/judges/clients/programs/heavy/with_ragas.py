"""ragas with the gateway as judge; it sends top_p 0.1 unasked."""

from openai import AsyncOpenAI
from ragas.embeddings.base import embedding_factory
from ragas.llms import llm_factory
from ragas.metrics.collections import Faithfulness, SemanticSimilarity
from steps import BASE, KEY, MODEL, VECTORS, run, same, step

TEXT = "合肥有 946 万人。"


def client():
    return AsyncOpenAI(base_url=BASE, api_key=KEY)


@step
async def faithfulness():
    metric = Faithfulness(llm=llm_factory(MODEL, client=client()))
    score = await metric.ascore(user_input="合肥?", response=TEXT, retrieved_contexts=[TEXT])
    same(score.value, 1.0)


@step
async def similarity():
    metric = SemanticSimilarity(
        embeddings=embedding_factory("openai", model=VECTORS, client=client())
    )
    assert (await metric.ascore(reference=TEXT, response=TEXT)).value > 0.99


run()
