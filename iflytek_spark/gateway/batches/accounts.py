"""Which Spark account a caller's files and batches are in, and which of them are his."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from starlette.datastructures import Headers

from iflytek_spark import Credentials, Timeouts
from iflytek_spark.batches import AsyncBatchClient, Batch, BatchFile
from iflytek_spark.errors import MissingCredentialsError
from iflytek_spark.gateway.batches.owners import OwnedIds
from iflytek_spark.gateway.batches.shapes import OWNER_KEY
from iflytek_spark.gateway.openai.errors import ErrorRow, GatewayError
from iflytek_spark.gateway.settings import GatewaySettings
from iflytek_spark.gateway.upstream import Upstream

_MAX_CLIENTS = 64
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OwnedAccount:
    """An account, as one caller sees it.

    Attributes:
        client: asks it.
        ids: signs and checks its ids.
        owner: the caller.
    """

    client: AsyncBatchClient
    ids: OwnedIds
    owner: str

    @property
    def tag(self) -> str:
        """What marks a file's name, and a batch's metadata, as the caller's."""
        return self.ids.tag(self.owner)

    def file(self, file: BatchFile) -> BatchFile:
        """Return a file under the id and the name that the caller is shown."""
        name = file.name.removeprefix(f"{self.tag}-")
        return replace(file, id=self.ids.sign(self.owner, file.id), name=name)

    def batch(self, batch: Batch) -> Batch:
        """Return a batch under the ids that the caller is shown."""

        def sign(found: str) -> str:
            return self.ids.sign(self.owner, found)

        return replace(
            batch,
            id=sign(batch.id),
            input_file_id=sign(batch.input_file_id),
            output_file_id=sign(batch.output_file_id),
            error_file_id=sign(batch.error_file_id),
        )

    async def files(self) -> AsyncGenerator[BatchFile | None, None]:
        """Yield the account's files, None for those of others."""
        async with aclosing(self.client.list_files()) as files:
            async for file in files:
                yield self.file(file) if file.name.startswith(f"{self.tag}-") else None

    async def batches(self) -> AsyncGenerator[Batch | None, None]:
        """Yield the account's batches, None for those of others."""
        async with aclosing(self.client.list_batches()) as batches:
            async for batch in batches:
                yield self.batch(batch) if batch.metadata.get(OWNER_KEY) == self.tag else None


class BatchAccounts:
    """The accounts of a gateway that have the Batch API."""

    def __init__(self, settings: GatewaySettings, upstream: Upstream) -> None:
        """Set up; nothing is opened."""
        self._settings = settings
        self._upstream = upstream
        self._known = lru_cache(_MAX_CLIENTS)(self._new)

    def of(self, headers: Headers, owner: str) -> list[OwnedAccount]:
        """Return the accounts of a request, as its caller sees them: at least one.

        Raises:
            MissingCredentialsError: when none of them has a key for the Batch API.
        """
        failure: MissingCredentialsError | None = None
        found: list[OwnedAccount] = []
        for credentials, base_url in self._upstream.credentials(headers):
            try:
                client, ids = self._known(credentials, base_url)
            except MissingCredentialsError as error:
                failure = failure or error
            else:
                found.append(OwnedAccount(client, ids, owner))
        if failure is not None and not found:
            raise failure
        return found

    def _new(
        self, credentials: Credentials, base_url: str | None
    ) -> tuple[AsyncBatchClient, OwnedIds]:
        settings = self._settings
        timeouts = Timeouts(connect=settings.connect_timeout, total=settings.batches.upload_timeout)
        client = AsyncBatchClient(
            credentials,
            base_url=base_url or settings.base_url,
            timeout=timeouts,
            max_retries=settings.max_retries,
        )
        return client, OwnedIds(credentials)


def find_owned(accounts: list[OwnedAccount], given: str, what: str) -> tuple[OwnedAccount, str]:
    """Return the account of an id that its owner names, and the account's own id.

    Raises:
        GatewayError: for any other id, also for one of another caller.
    """
    for account in accounts:
        found = account.ids.check(account.owner, given)
        if found is not None:
            return account, found
    raise GatewayError(
        ErrorRow.NO_SUCH_FILE,
        f"there is no {what} {given[:100]!r} of yours here: list them to see which there are",
    )


async def page_of(
    accounts: list[OwnedAccount],
    listed: Callable[[OwnedAccount], AsyncGenerator[T | None, None]],
    id_of: Callable[[T], str],
    after: str | None,
    limits: tuple[int, int],
) -> tuple[list[T], bool]:
    """Return a page of what is a caller's.

    Args:
        accounts: his.
        listed: lists an account, with None for what is another's.
        id_of: gives an id as he is shown it.
        after: the id that the page follows, or None for the first page.
        limits: the most of a page, and the most that is looked through.

    Returns:
        The page, and whether a further one follows.
    """
    size, most = limits
    page: list[T] = []
    looked, begun = 0, after is None
    for account in accounts:
        async with aclosing(listed(account)) as items:
            async for item in items:
                looked += 1
                if item is not None and begun and len(page) == size:
                    return page, True
                if item is not None and begun:
                    page.append(item)
                begun = begun or (item is not None and id_of(item) == after)
                if looked >= most:
                    return page, False
    return page, False
