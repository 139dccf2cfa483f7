"""Reading, cutting and embedding the handbook: what is resumed, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import knowledge_base
import pymupdf
import pytest
from course import Connection
from knowledge_base import KnowledgeBaseError
from langchain_core.documents import Document

from iflytek_spark.emulator import Emulator, faults, running_emulator
from iflytek_spark.errors import AuthenticationError, MissingCredentialsError, SparkError
from langchain_spark import SparkEmbeddings
from tests._support.service import lead_to

DOCUMENTS = knowledge_base.load_handbook()
CHUNKS = knowledge_base.split(DOCUMENTS)
ONE_LINE = 1
AES_256 = 5


@pytest.fixture
def spark(keys: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The emulator, to which the knowledge base is connected."""
    monkeypatch.setattr(knowledge_base, "connect", lambda: Connection(keys))
    return keys


class Unplugged(SparkEmbeddings):
    """Stops in the middle of a batch, as the stop button does."""

    left: int

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.left -= len(texts)
        if self.left < 0:
            super().embed_documents(texts[: self.left])
            raise KeyboardInterrupt
        return super().embed_documents(texts)


def _texts(documents: list[Document]) -> Iterator[str]:
    return (document.page_content for document in documents)


def test_the_handbook_has_every_chapter_once_and_takes_two_from_the_pdf() -> None:
    chapters = [document.metadata["chapter"] for document in DOCUMENTS]
    assert chapters == sorted({path.stem for path in knowledge_base.HANDBOOK.glob("*.md")})
    from_pdf = {
        doc.metadata["chapter"] for doc in DOCUMENTS if doc.metadata["source"].endswith("pdf")
    }
    assert from_pdf == {"11-errors", "12-quotas-and-rates"}


def test_no_chunk_only_says_what_a_chapter_is_about() -> None:
    assert not [text for text in _texts(CHUNKS) if "本章回答" in text]
    assert any("不是 Apache Spark" in text for text in _texts(CHUNKS))


@pytest.mark.parametrize("chapter", ["11-errors", "12-quotas-and-rates"])
def test_a_chapter_of_the_pdf_says_what_its_markdown_says(chapter: str) -> None:
    """All of it, in its order: lines are joined, rows of tables are whole, code is indented."""
    written = (knowledge_base.HANDBOOK / f"{chapter}.md").read_text(encoding="utf-8")
    title = written.partition("\n")[0].removeprefix("# ")
    parts = knowledge_base.load_pdf(knowledge_base.PDF)
    (read,) = (part for part in parts if part.metadata["title"] == title)
    assert _plain(read.page_content) == _plain(written)


def _plain(markdown: str) -> list[str]:
    """Leave the words, line by line, without marks that a page does not show."""
    lines = (line.strip() for line in markdown.replace("```python", "```").splitlines())
    kept = (line for line in lines if line and not set(line) <= set("|- "))
    return [" ".join(line.replace("`", "").replace("**", "").split()) for line in kept]


def test_chunks_are_no_longer_than_asked_beside_their_headings() -> None:
    for size in (300, 800):
        for chunk in knowledge_base.split(DOCUMENTS, size, 0):
            heading, _, text = chunk.page_content.partition("\n\n")
            assert heading == f"# {chunk.metadata['section']}"
            assert 0 < len(text) <= size


def test_chunks_keep_all_of_a_document_and_the_indentation_of_code() -> None:
    markdown = (
        "引言。\n\n# 标题\n\n正文。\n\n## 小节\n\n```python\nif x:\n    # 注释\n    y()\n```\n"
    )
    document = Document(markdown, metadata={"title": "文件"})
    chunks = knowledge_base.split([document])
    assert [chunk.metadata["section"] for chunk in chunks] == ["文件", "标题", "标题 > 小节"]
    introduction, _, example = _texts(chunks)
    assert introduction.endswith("引言。")
    assert "if x:\n    # 注释\n    y()" in example


def test_an_interrupted_run_embeds_only_what_is_left(spark: Emulator, tmp_path: Path) -> None:
    chunks, half = CHUNKS[:100], 50
    with pytest.raises(KeyboardInterrupt):
        knowledge_base.open_store(
            chunks, folder=tmp_path, embeddings=Unplugged(max_qps=None, left=half)
        )
    kept = half - half % knowledge_base.BATCH
    before = len(spark.requests)
    store = knowledge_base.open_store(chunks, folder=tmp_path)
    assert len(spark.requests) - before == len(chunks) - kept
    assert sorted(store.get()["documents"]) == sorted(_texts(chunks))


def test_a_failure_of_the_service_loses_nothing(spark: Emulator, tmp_path: Path) -> None:
    chunks = CHUNKS[:60]
    patient = SparkEmbeddings(max_qps=None, max_retries=0, max_concurrency=1)
    spark.script(*[None] * 30, faults.ErrorFrame(11200))
    with pytest.raises(SparkError, match="11200"):
        knowledge_base.open_store(chunks, folder=tmp_path, embeddings=patient)
    before = len(spark.requests)
    knowledge_base.open_store(chunks, folder=tmp_path)
    assert len(spark.requests) - before == len(chunks) - knowledge_base.BATCH


def test_what_is_on_disk_is_not_embedded_again(spark: Emulator, tmp_path: Path) -> None:
    knowledge_base.open_store(CHUNKS[:30], folder=tmp_path)
    before = len(spark.requests)
    knowledge_base.open_store(CHUNKS[:30], folder=tmp_path)
    knowledge_base.open_store(CHUNKS[:30], folder=tmp_path, collection="another")
    assert len(spark.requests) == before


def test_chunks_that_are_gone_leave_the_collection(spark: Emulator, tmp_path: Path) -> None:
    knowledge_base.open_store(CHUNKS[:30], folder=tmp_path)
    store = knowledge_base.open_store(CHUNKS[20:40], folder=tmp_path)
    assert sorted(store.get()["documents"]) == sorted(_texts(CHUNKS[20:40]))


def test_queries_and_documents_are_kept_apart(spark: Emulator, tmp_path: Path) -> None:
    embeddings = knowledge_base.cached(SparkEmbeddings(max_qps=None), tmp_path)
    ((document,), query) = embeddings.embed_documents(["签名"]), embeddings.embed_query("签名")
    assert document != query
    assert (embeddings.embed_documents(["签名"]), embeddings.embed_query("签名")) == (
        [document],
        query,
    )
    assert len(spark.requests) == 2


def test_vectors_of_the_emulator_never_mix_with_sparks(
    spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulated = knowledge_base.place()
    monkeypatch.setattr(knowledge_base, "connect", lambda: Connection(None))
    stand_in = knowledge_base.place()
    monkeypatch.delenv("SPARK_BASE_URL")
    service = knowledge_base.place()
    assert len({emulated, stand_in, service}) == 3
    assert service.name == "spark-embedding-document-emb-cn-huabei-1.xf-yun.com-2560"


def test_what_was_tried_on_a_stand_in_is_asked_of_the_service_again(
    spark: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(knowledge_base, "connect", lambda: Connection(None))
    monkeypatch.setattr(knowledge_base, "_HERE", tmp_path)
    monkeypatch.setattr(knowledge_base, "SPARK_QPS", None)
    knowledge_base.open_store(CHUNKS[:3])
    with running_emulator() as service:
        lead_to(service, monkeypatch)
        assert service.base_url in str(Connection(None))
        knowledge_base.open_store(CHUNKS[:3])
        knowledge_base.open_store(CHUNKS[:3])
        assert len(service.requests) == 3
    assert len(spark.requests) == 3


def test_the_real_service_gets_the_rate_of_an_account(
    spark: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert knowledge_base.spark_embeddings().max_qps is None
    monkeypatch.setattr(knowledge_base, "connect", lambda: Connection(None))
    assert knowledge_base.spark_embeddings().max_qps == 2


def _empty_page() -> bytes:
    with pymupdf.open() as document:
        document.new_page()
        return bytes(document.tobytes())


def _locked() -> bytes:
    with pymupdf.open() as document:
        document.new_page().insert_text((72, 72), "secret")
        return bytes(document.tobytes(encryption=AES_256, user_pw="a", owner_pw="b"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no PDF at all", "不是 PDF"),
        (b"", "不是 PDF"),
        (knowledge_base.PDF.read_bytes()[:50_000], "可能不完整"),
        (_empty_page(), "扫描件"),
        (_locked(), "密码"),
        (None, "没有这个文件"),
    ],
)
def test_an_unreadable_pdf_is_refused_in_a_line(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "broken.pdf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KnowledgeBaseError, match=rf"^broken\.pdf：.*{reason}") as caught:
        knowledge_base.load_pdf(path)
    assert len(str(caught.value).splitlines()) == ONE_LINE


def test_a_folder_without_markdown_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("text", encoding="utf-8")
    with pytest.raises(KnowledgeBaseError, match="没有 Markdown 文件"):
        knowledge_base.load_markdown(tmp_path)
    with pytest.raises(KnowledgeBaseError, match="没有这个文件夹"):
        knowledge_base.load_markdown(tmp_path / "nowhere")


def test_nothing_to_store_is_refused(spark: Emulator, tmp_path: Path) -> None:
    with pytest.raises(KnowledgeBaseError, match="没有可以入库的文本"):
        knowledge_base.open_store([], folder=tmp_path)


def test_missing_and_wrong_keys_are_told_in_a_line(
    spark: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_API_KEY", "not-a-key")
    with pytest.raises(AuthenticationError) as wrong:
        knowledge_base.open_store(CHUNKS[:3], folder=tmp_path)
    monkeypatch.delenv("SPARK_API_KEY")
    with pytest.raises(MissingCredentialsError, match="SPARK_API_KEY") as missing:
        knowledge_base.open_store(CHUNKS[:3], folder=tmp_path)
    for caught in (wrong, missing):
        assert len(str(caught.value).splitlines()) == ONE_LINE
    assert "not-a-key" not in str(wrong.value)
