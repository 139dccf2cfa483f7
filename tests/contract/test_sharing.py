"""One client object serves many threads and many event loops, each with its own answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from iflytek_spark.emulator import Emulator
from tests.contract.sockets import async_client, sync_client

THREADS, ROUNDS = 8, 5
PROMPTS = [f"问题{thread}号{turn}次" for thread in range(THREADS) for turn in range(ROUNDS)]


def check(answers: dict[str, str]) -> None:
    """Each answer speaks of its own question, and of no other."""
    assert sorted(answers) == sorted(PROMPTS)
    for prompt, text in answers.items():
        assert [other for other in PROMPTS if other in text] == [prompt]


def together(work: Callable[[int], dict[str, str]]) -> dict[str, str]:
    """Run ``work`` on all threads at the same moment, and put the answers together."""
    start = threading.Barrier(THREADS)

    def run(number: int) -> dict[str, str]:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(run, range(THREADS)))
    return {prompt: text for part in parts for prompt, text in part.items()}


def prompts_of(number: int) -> list[str]:
    return PROMPTS[number * ROUNDS : (number + 1) * ROUNDS]


def test_eight_threads_share_a_client(emulator: Emulator) -> None:
    client = sync_client(emulator)
    check(together(lambda number: {p: client.chat(p).text for p in prompts_of(number)}))


def test_eight_event_loops_share_a_client(emulator: Emulator) -> None:
    client = async_client(emulator)

    async def ask(number: int) -> dict[str, str]:
        prompts = prompts_of(number)
        responses = await asyncio.gather(*map(client.chat, prompts))
        return {prompt: response.text for prompt, response in zip(prompts, responses)}

    check(together(lambda number: asyncio.run(ask(number))))


def test_one_loop_asks_everything_at_once(emulator: Emulator) -> None:
    client = async_client(emulator)

    async def main() -> list[str]:
        responses = await asyncio.gather(*map(client.chat, PROMPTS))
        return [response.text for response in responses]

    check(dict(zip(PROMPTS, asyncio.run(main()))))


def test_streams_of_one_client_may_be_read_in_turns(emulator: Emulator) -> None:
    client = sync_client(emulator)
    streams = [client.stream(prompt) for prompt in PROMPTS]
    texts = dict.fromkeys(PROMPTS, "")
    running = dict(zip(PROMPTS, [stream.text() for stream in streams]))
    while running:
        for prompt, pieces in list(running.items()):
            piece = next(pieces, None)
            if piece is None:
                del running[prompt]
            texts[prompt] += piece or ""
    check(texts)


def test_every_call_has_a_user_id_of_its_own_that_says_nothing(emulator: Emulator) -> None:
    client = sync_client(emulator)
    for _ in range(3):
        client.chat("你好")
    uids = [request.body["header"]["uid"] for request in emulator.requests]
    assert len(set(uids)) == 3
    assert all(0 < len(uid) <= 32 and uid.isalnum() for uid in uids)
