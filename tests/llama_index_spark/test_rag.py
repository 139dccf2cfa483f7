"""Indices, query engines, chat engines, evaluators and pipelines over real documents."""

from __future__ import annotations

import asyncio
from importlib.metadata import version

import pytest
from llama_index.core import Document, PromptTemplate, Settings, VectorStoreIndex
from llama_index.core.base.response.schema import (
    AsyncStreamingResponse,
    Response,
    StreamingResponse,
)
from llama_index.core.chat_engine import (
    CondensePlusContextChatEngine,
    CondenseQuestionChatEngine,
)
from llama_index.core.chat_engine.types import BaseChatEngine
from llama_index.core.evaluation import (
    AnswerRelevancyEvaluator,
    ContextRelevancyEvaluator,
    CorrectnessEvaluator,
    FaithfulnessEvaluator,
    RelevancyEvaluator,
)
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.postprocessor import LLMRerank
from llama_index.core.query_engine import SubQuestionQueryEngine
from llama_index.core.question_gen import LLMQuestionGenerator
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.schema import MetadataMode
from llama_index.core.tools import QueryEngineTool

from iflytek_spark.emulator import Emulator
from llama_index_spark import SparkEmbedding, SparkLLM
from tests._support.service import lead_to
from tests.llama_index_spark import scripted_replies
from tests.llama_index_spark.conftest import contents

pytestmark = [
    # LlamaIndex imports whatever LangChain it finds.
    pytest.mark.filterwarnings("ignore:`langchain-community` is being sunset:DeprecationWarning"),
]
STREAMS = pytest.mark.skipif(
    version("llama-index-core") in {"0.14.23", "0.14.24"},
    reason="before 0.14.25 LlamaIndex collects the whole answer in this mode",
)
QUESTIONS = [
    ("冲泡绿茶的水温是多少？", "八十度"),
    ("讯飞星火的向量是多少维？", "2560"),
    ("How many kilometres long is the Great Wall?", "20,000 kilometres"),
    ("Which bay has the largest tidal range?", "Bay of Fundy"),
]


@pytest.fixture
def index(documents: list[Document], embedding: SparkEmbedding) -> VectorStoreIndex:
    return VectorStoreIndex.from_documents(documents, embed_model=embedding)


@pytest.mark.parametrize(("question", "fact"), QUESTIONS)
def test_a_query_engine(index: VectorStoreIndex, llm: SparkLLM, question: str, fact: str) -> None:
    response = index.as_query_engine(llm=llm, similarity_top_k=1).query(question)
    assert fact in str(response)
    assert len(response.source_nodes) == 1


@pytest.mark.parametrize(
    "mode",
    [pytest.param(ResponseMode.COMPACT, marks=STREAMS), ResponseMode.SIMPLE_SUMMARIZE],
)
@pytest.mark.parametrize(("question", "fact"), QUESTIONS)
def test_a_streaming_query_engine(
    index: VectorStoreIndex, llm: SparkLLM, question: str, fact: str, mode: ResponseMode
) -> None:
    engine = index.as_query_engine(llm=llm, streaming=True, response_mode=mode)
    response = engine.query(question)
    assert isinstance(response, StreamingResponse)
    pieces = list(response.response_gen)
    assert len(pieces) > 1
    assert fact in "".join(pieces)


@pytest.mark.parametrize(("question", "fact"), QUESTIONS)
async def test_an_async_query_engine(
    index: VectorStoreIndex, llm: SparkLLM, question: str, fact: str
) -> None:
    response = await index.as_query_engine(llm=llm).aquery(question)
    assert fact in str(response)
    streamed = await index.as_query_engine(llm=llm, streaming=True).aquery(question)
    assert isinstance(streamed, AsyncStreamingResponse)
    assert fact in "".join([piece async for piece in streamed.async_response_gen()])


async def test_the_sync_ways_inside_a_running_loop(
    documents: list[Document], embedding: SparkEmbedding, llm: SparkLLM
) -> None:
    """As in a notebook: ``use_async`` and asyncio_run move to a loop in another thread."""
    built = VectorStoreIndex.from_documents(documents, embed_model=embedding, use_async=False)
    question, fact = QUESTIONS[0]
    assert fact in str(built.as_query_engine(llm=llm).query(question))
    tree = built.as_query_engine(llm=llm, response_mode="tree_summarize", use_async=True)
    assert fact in str(tree.query(question))
    assert fact in str(await built.as_query_engine(llm=llm).aquery(question))


def test_the_settings(
    documents: list[Document],
    embedding: SparkEmbedding,
    llm: SparkLLM,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Settings, "_llm", None)
    monkeypatch.setattr(Settings, "_embed_model", None)
    Settings.llm, Settings.embed_model = llm, embedding
    engine = VectorStoreIndex.from_documents(documents, use_async=True).as_query_engine()
    question, fact = QUESTIONS[1]
    assert fact in str(engine.query(question))


@pytest.mark.parametrize("how", ["plain", "async", "stream", "astream"])
async def test_a_condense_plus_context_chat_engine(
    index: VectorStoreIndex, llm: SparkLLM, spark: Emulator, how: str
) -> None:
    engine = CondensePlusContextChatEngine.from_defaults(
        index.as_retriever(similarity_top_k=4), llm=llm, memory=ChatMemoryBuffer.from_defaults()
    )
    for question, fact in QUESTIONS[:2]:
        if how == "plain":
            told = str(await asyncio.to_thread(engine.chat, question))
        elif how == "async":
            told = str(await engine.achat(question))
        elif how == "stream":
            streamed = await asyncio.to_thread(engine.stream_chat, question)
            told = "".join(await asyncio.to_thread(list, streamed.response_gen))
        else:
            answered = await engine.astream_chat(question)
            told = "".join([piece async for piece in answered.async_response_gen()])
        assert fact in told
    assert len(engine.chat_history) == 4
    (system, _), *turns = contents(spark.requests[-1])
    assert system == "system"
    assert [role for role, _ in turns] == ["user", "assistant", "user"]


@pytest.mark.parametrize("use_async", [False, True])
async def test_a_sub_question_engine(
    index: VectorStoreIndex, llm: SparkLLM, spark: Emulator, use_async: bool
) -> None:
    spark.respond = scripted_replies.split_into(
        tea="绿茶的水温是多少？", spark="星火的向量维数是多少？"
    )
    tools = [
        QueryEngineTool.from_defaults(index.as_query_engine(llm=llm), name=name, description=words)
        for name, words in (("tea", "关于茶的资料"), ("spark", "关于讯飞星火的资料"))
    ]
    engine = SubQuestionQueryEngine.from_defaults(
        tools,
        llm=llm,
        question_gen=LLMQuestionGenerator.from_defaults(llm=llm),
        use_async=use_async,
        verbose=False,
    )
    question = "绿茶的水温和星火的向量维数各是多少？"
    response = await engine.aquery(question) if use_async else engine.query(question)
    told = "\n".join(node.text for node in response.source_nodes)
    assert "八十度" in told
    assert "2560" in told
    assert str(response)


@pytest.mark.parametrize("evaluator", [FaithfulnessEvaluator, RelevancyEvaluator])
@pytest.mark.parametrize(
    ("told", "passing"), [("", True), ("红茶要煮三个小时，再加一勺糖。", False)]
)
async def test_evaluators_of_an_answer(
    index: VectorStoreIndex,
    llm: SparkLLM,
    spark: Emulator,
    evaluator: type[FaithfulnessEvaluator | RelevancyEvaluator],
    told: str,
    passing: bool,
) -> None:
    question, _ = QUESTIONS[0]
    response = await index.as_query_engine(llm=llm).aquery(question)
    assert isinstance(response, Response)
    response.response = told or response.response
    spark.respond = scripted_replies.deny("红茶")
    result = await evaluator(llm=llm).aevaluate_response(query=question, response=response)
    assert (result.passing, result.feedback) == (passing, "YES" if passing else "NO")


async def test_evaluators_with_a_score(llm: SparkLLM, spark: Emulator) -> None:
    spark.respond = scripted_replies.score
    question, fact = "冲泡绿茶的水温是多少？", "冲泡绿茶的水温在八十度上下。"
    correctness = CorrectnessEvaluator(llm=llm)
    right = await correctness.aevaluate(query=question, response=fact, reference=fact)
    wrong = await correctness.aevaluate(query=question, response="不知道", reference=fact)
    assert (right.score, right.passing) == (5.0, True)
    assert (wrong.score, wrong.passing) == (1.0, False)
    relevancy = await AnswerRelevancyEvaluator(llm=llm).aevaluate(query=question, response=fact)
    assert relevancy.score == 1.0
    context = ContextRelevancyEvaluator(llm=llm)
    assert (await context.aevaluate(query=question, contexts=[fact])).score == 1.0


@pytest.mark.parametrize(("question", "fact"), QUESTIONS)
def test_a_reranker(
    index: VectorStoreIndex, llm: SparkLLM, spark: Emulator, question: str, fact: str
) -> None:
    spark.respond = scripted_replies.rank_first(fact)
    found = index.as_retriever(similarity_top_k=4).retrieve(question)
    (best,) = LLMRerank(llm=llm, top_n=1).postprocess_nodes(found[::-1], query_str=question)
    assert fact in best.text


@pytest.mark.parametrize("mode", ["refine", "tree_summarize", "simple_summarize", "accumulate"])
def test_response_modes(index: VectorStoreIndex, llm: SparkLLM, mode: str) -> None:
    question, fact = QUESTIONS[0]
    engine = index.as_query_engine(llm=llm, response_mode=mode, similarity_top_k=4)
    assert fact in str(engine.query(question))


@pytest.mark.parametrize("condensed", ["question", "context"])
def test_a_follow_up_is_asked_for_what_it_means(
    index: VectorStoreIndex, llm: SparkLLM, condensed: str
) -> None:
    chat_memory = ChatMemoryBuffer.from_defaults()
    chat: BaseChatEngine
    if condensed == "question":
        engine = index.as_query_engine(llm=llm)
        chat = CondenseQuestionChatEngine.from_defaults(engine, llm=llm, memory=chat_memory)
    else:
        retriever = index.as_retriever()
        chat = CondensePlusContextChatEngine.from_defaults(retriever, llm=llm, memory=chat_memory)
    chat.chat("黄山毛峰是什么茶？")
    follow_up = chat.chat("它产于哪里？")
    assert "安徽省黄山一带" in str(follow_up)
    assert any("黄山毛峰" in node.text for node in follow_up.source_nodes)


def test_an_ingestion_pipeline_in_two_processes(
    documents: list[Document],
    embedding: SparkEmbedding,
    spark: Emulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each text by its characters: the usual tokenizer asks the network in another process.

    The keys come from the environment there, since none is pickled.
    """
    lead_to(spark, monkeypatch)
    splitter = SentenceSplitter(
        chunk_size=120, chunk_overlap=0, tokenizer=list, include_metadata=False
    )
    pipeline = IngestionPipeline(transformations=[splitter, embedding])
    nodes = pipeline.run(documents=documents, num_workers=2)
    assert len(nodes) > len(documents)
    expected = embedding.get_text_embedding_batch(
        [node.get_content(MetadataMode.EMBED) for node in nodes]
    )
    assert [node.embedding for node in nodes] == expected


async def test_an_async_ingestion_pipeline(
    documents: list[Document], embedding: SparkEmbedding
) -> None:
    splitter = SentenceSplitter(chunk_size=64, chunk_overlap=8)
    nodes = await IngestionPipeline(transformations=[splitter, embedding]).arun(documents=documents)
    assert all(node.embedding is not None and any(node.embedding) for node in nodes)


async def test_predict(llm: SparkLLM) -> None:
    prompt = PromptTemplate("用一句话介绍{topic}。")
    told = llm.predict(prompt, topic="潮汐")
    assert "潮汐" in told
    assert await llm.apredict(prompt, topic="潮汐") == told
    assert "".join(llm.stream(prompt, topic="潮汐")) == told
    assert "".join([piece async for piece in await llm.astream(prompt, topic="潮汐")]) == told
