"""A cache of vectors that keeps those of different addresses apart."""

from __future__ import annotations

from typing import Any

from llama_index.core.storage.kvstore.types import DEFAULT_COLLECTION, BaseKVStore


class NamespacedStore(BaseKVStore):
    """A store whose collections have names of their own in another store.

    LlamaIndex keys vectors by the text alone, in one collection for all models.
    """

    def __init__(self, store: BaseKVStore, namespace: str) -> None:
        """Wrap a store; everything is kept in it."""
        self.store = store
        self.namespace = namespace

    def _named(self, collection: str) -> str:
        return f"{collection}-{self.namespace}"

    def put(self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION) -> None:
        """Keep a value."""
        self.store.put(key, val, self._named(collection))

    async def aput(
        self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION
    ) -> None:
        """Keep a value."""
        await self.store.aput(key, val, self._named(collection))

    def get(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        """Return a value, or None."""
        return self.store.get(key, self._named(collection))

    async def aget(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        """Return a value, or None."""
        return await self.store.aget(key, self._named(collection))

    def get_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        """Return all values."""
        return self.store.get_all(self._named(collection))

    async def aget_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        """Return all values."""
        return await self.store.aget_all(self._named(collection))

    def delete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        """Forget a value; tells whether there was one."""
        return self.store.delete(key, self._named(collection))

    async def adelete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        """Forget a value; tells whether there was one."""
        return await self.store.adelete(key, self._named(collection))
