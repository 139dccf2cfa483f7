"""The course's knowledge base: the handbook, read, cut, embedded and kept in Chroma.

::

    store = open_store(split(load_handbook()))
    store.similarity_search("签名多久失效？", k=3)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import chromadb
from chromadb.api import ClientAPI
from chromadb.config import Settings
from chunks import split
from course import connect
from langchain_chroma import Chroma
from langchain_classic.embeddings import CacheBackedEmbeddings
from langchain_classic.storage import LocalFileStore
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from pdf_text import PdfError, read_chapters
from tqdm import tqdm

from iflytek_spark import __version__
from langchain_spark import SparkEmbeddings

__all__ = [
    "BATCH",
    "COLLECTION",
    "HANDBOOK",
    "PDF",
    "SPARK_QPS",
    "KnowledgeBaseError",
    "cached",
    "load_handbook",
    "load_markdown",
    "load_pdf",
    "open_chroma",
    "open_store",
    "place",
    "spark_embeddings",
    "split",
]

_HERE = Path(__file__).parent
HANDBOOK = _HERE / "data" / "handbook"
PDF = _HERE / "data" / "spark-operations.pdf"
COLLECTION = "handbook"
BATCH = 20
"""Chunks after which the cache is written: an interruption loses fewer requests than that."""
SPARK_QPS = 2.0
"""Requests in a second that most accounts may send to the embedding service."""
_LEAD = re.compile("^本章回答：[^。]*。\n*", re.MULTILINE)
"""What a chapter is about: it is near every question, and answers none."""


class KnowledgeBaseError(Exception):
    """The material for a knowledge base cannot be used; the message says why."""


def load_handbook() -> list[Document]:
    """Read the handbook: its PDF, and the Markdown of the chapters that the PDF does not hold.

    Returns:
        A document for each chapter, with ``chapter`` (the stem of its Markdown file), ``title``
        and ``source`` (the file that was read) in the metadata.
    """
    chapters = {document.metadata["title"]: document for document in load_markdown(HANDBOOK)}
    for document in load_pdf(PDF):
        known = chapters.get(document.metadata["title"])
        if known is not None:
            document.metadata["chapter"] = known.metadata["chapter"]
            chapters[known.metadata["title"]] = document
    for document in chapters.values():
        document.page_content = _LEAD.sub("", document.page_content)
    return list(chapters.values())


def load_markdown(folder: Path) -> list[Document]:
    """Read a folder's Markdown files, a document each.

    Raises:
        KnowledgeBaseError: when there is no such folder, or no Markdown in it.
    """
    paths = sorted(folder.glob("*.md"))
    if not paths:
        reason = "里面没有 Markdown 文件 (*.md)" if folder.is_dir() else "没有这个文件夹"
        raise KnowledgeBaseError(f"{folder.name}：{reason}")
    return [_document(path.read_text(encoding="utf-8"), path) for path in paths]


def load_pdf(path: Path) -> list[Document]:
    """Read a PDF, a document for each of its bookmarks.

    Raises:
        KnowledgeBaseError: when it cannot be read, or holds no text.
    """
    try:
        chapters = read_chapters(path)
    except PdfError as error:
        raise KnowledgeBaseError(f"{path.name}：{error}") from error
    return [_document(text, path, title=title, page=page) for title, page, text in chapters]


def _document(markdown: str, path: Path, **more: str | int) -> Document:
    title = markdown.partition("\n")[0].lstrip("# ")
    metadata = {"chapter": path.stem, "title": title, "source": path.name, **more}
    return Document(markdown, metadata=metadata)


def place() -> Path:
    """Return where vectors are kept: apart for each address, whose vectors mean something else.

    The course's own emulator has another port each time, so it goes by its version.
    """
    own = connect().emulator is not None
    who = f"emulator-{__version__}" if own else spark_embeddings().namespace()
    return _HERE / ".cache" / who


def cached(embeddings: Embeddings, folder: Path) -> CacheBackedEmbeddings:
    """Keep every vector in files, so that no text is ever sent twice.

    Args:
        embeddings: what computes a vector that is not there yet.
        folder: where the files are; documents and queries apart, since their vectors differ.
    """
    return CacheBackedEmbeddings.from_bytes_store(
        embeddings,
        LocalFileStore(folder / "documents"),
        query_embedding_cache=LocalFileStore(folder / "queries"),
        namespace=place().name,
        key_encoder="sha256",
        batch_size=BATCH,
    )


def spark_embeddings() -> SparkEmbeddings:
    """Return Spark's embeddings at the account's rate; the emulator has no limit."""
    return SparkEmbeddings(max_qps=SPARK_QPS if connect().emulator is None else None)


def open_store(
    chunks: Sequence[Document],
    *,
    folder: Path | None = None,
    embeddings: Embeddings | None = None,
    collection: str = COLLECTION,
) -> Chroma:
    """Open a collection on disk that holds these chunks and no others.

    Only what is missing is embedded, with a progress bar; after an interruption, call it again.

    Args:
        chunks: what :func:`split` returns.
        folder: where Chroma and the cache are; :func:`place` by default.
        embeddings: :func:`spark_embeddings` by default.
        collection: its name.

    Raises:
        KnowledgeBaseError: when there are no chunks.
        SparkError: when keys are missing or wrong, or the service fails for good.
    """
    if not chunks:
        raise KnowledgeBaseError("没有可以入库的文本")
    folder = folder or place()
    store = Chroma(
        collection,
        cached(embeddings or spark_embeddings(), folder / "vectors"),
        client=open_chroma(folder),
        collection_configuration={"hnsw": {"space": "cosine"}},
    )
    _fill(store, {_key(chunk): chunk for chunk in chunks})
    return store


def open_chroma(folder: Path) -> ClientAPI:
    """Open Chroma's files, without its telemetry."""
    return chromadb.PersistentClient(folder / "chroma", Settings(anonymized_telemetry=False))


def _fill(store: Chroma, chunks: dict[str, Document]) -> None:
    there = set(store.get(include=[])["ids"])
    if outdated := there - chunks.keys():
        store.delete(list(outdated))
    missing = [key for key in chunks if key not in there]
    with tqdm(total=len(chunks), initial=len(chunks) - len(missing), desc="向量") as bar:
        for start in range(0, len(missing), BATCH):
            keys = missing[start : start + BATCH]
            store.add_documents([chunks[key] for key in keys], ids=keys)
            bar.update(len(keys))


def _key(chunk: Document) -> str:
    """Name a chunk after what it holds."""
    return hashlib.sha256(f"{chunk.metadata} {chunk.page_content}".encode()).hexdigest()[:32]
