"""Peer (c): a client with 64 connections to `vllm serve`, its search included."""

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
from transformers import AutoTokenizer

from benchmarks.peers.work import Measurement, Prompts, Run, Work, engine_plan, run, say
from ingestion.knowledge.base import Knowledge, open_knowledge
from workers.settings import WorkerSettings
from workers.stack.child import Child
from workers.stack.ports import free_port

SYSTEM = "vllm serve, 64 connections"
#: Questions that the client has on their way at the same time.
CONNECTIONS: Final = 64
#: Seconds until the server must be ready, and until one answer must be there.
MOST_SECONDS: Final = 900.0


def flags(arguments: Mapping[str, Any]) -> list[str]:
    """Engine arguments as `vllm serve` takes them on its command line."""
    line = []
    for name, value in arguments.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            line.append(f"--{flag}" if value else f"--no-{flag}")
        else:
            text = json.dumps(value) if isinstance(value, (dict, list)) else str(value)
            line += [f"--{flag}", text]
    return line


@contextmanager
def server(arguments: Mapping[str, Any], log: Path) -> Iterator[str]:
    """`vllm serve` with the product's engine arguments; its URL once it is ready."""
    port = free_port()
    child = Child(
        "vllm serve",
        [
            # `vllm serve` itself looks for a package named vllm, which the build for CPUs is not.
            *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", *flags(arguments)),
            *("--host", "127.0.0.1", "--port", str(port)),
            *("--enable-prompt-tokens-details", "--disable-uvicorn-access-log"),
        ],
        os.environ,
        log,
    ).start()
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + MOST_SECONDS
    try:
        while not _healthy(url):
            if child.exit_code is not None or time.monotonic() > deadline:
                raise RuntimeError(f"vllm serve did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.25)
        yield url
    finally:
        child.stop()


def _healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=5).is_success
    except httpx.TransportError:
        return False


class Client:
    """Searches in a thread and asks over HTTP, as many at once as it has connections."""

    def __init__(  # noqa: PLR0913 - what it asks with
        self,
        *,
        http: httpx.AsyncClient,
        model: str,
        work: Work,
        settings: WorkerSettings,
        knowledge: Knowledge,
        prompts: Prompts,
    ) -> None:
        self._http = http
        self._model = model
        self._work = work
        self._settings = settings
        self._knowledge = knowledge
        self._prompts = prompts
        self._searching = ThreadPoolExecutor(1)
        self._connections = asyncio.Semaphore(CONNECTIONS)

    async def ask(self, questions: Sequence[str]) -> Run:
        """Answer all of them."""
        start_time = time.perf_counter()
        usages = await asyncio.gather(*(self._answer(question) for question in questions))
        seconds = time.perf_counter() - start_time
        details = [each.get("prompt_tokens_details") or {} for each in usages]
        return Run(
            len(questions),
            seconds,
            sum(each["prompt_tokens"] for each in usages),
            sum(each["completion_tokens"] for each in usages),
            sum(each.get("cached_tokens") or 0 for each in details),
        )

    async def _answer(self, question: str) -> dict[str, Any]:
        async with self._connections:
            loop = asyncio.get_running_loop()
            prompt = await loop.run_in_executor(self._searching, self._prompt, question)
            body = {
                "model": self._model,
                "prompt": prompt,
                "max_tokens": self._settings.answer_tokens,
                "temperature": self._settings.temperature,
                "stop": ["\n"] if self._prompts.special else None,
                "add_special_tokens": self._prompts.special,
            }
            reply = await self._http.post("/v1/completions", json=body)
            completion: dict[str, Any] = reply.raise_for_status().json()
            usage: dict[str, Any] = completion["usage"]
            return usage

    def _prompt(self, question: str) -> str:
        passages = self._work.find(self._knowledge, self._settings, [question])
        return self._prompts.write(question, passages[0]).text


def measure(work: Work, most: int | None) -> Measurement:
    """Set after set through one server."""
    settings = work.settings()
    arguments = engine_plan(settings).arguments
    with tempfile.TemporaryDirectory() as scratch, open_knowledge(settings) as knowledge:
        knowledge.warm()
        start_time = time.perf_counter()
        with server(arguments, Path(scratch) / "serve.log") as url:
            start_seconds = time.perf_counter() - start_time
            say(SYSTEM, f"ready after {start_seconds:.0f} s")
            prompts = Prompts(AutoTokenizer.from_pretrained(arguments["model"]), settings)

            async def all_sets() -> tuple[Run, ...]:
                limits = httpx.Limits(max_connections=CONNECTIONS)
                async with httpx.AsyncClient(
                    base_url=url, limits=limits, timeout=MOST_SECONDS
                ) as http:
                    client = Client(
                        http=http,
                        model=arguments["served_model_name"],
                        work=work,
                        settings=settings,
                        knowledge=knowledge,
                        prompts=prompts,
                    )
                    warm, sets = work.sets()
                    await client.ask(warm)
                    runs = []
                    for questions in sets:
                        runs.append(await client.ask(questions[:most]))
                        say(SYSTEM, f"{runs[-1].rate:.2f} answers/s")
                    return tuple(runs)

            return Measurement(SYSTEM, start_seconds, asyncio.run(all_sets()))


if __name__ == "__main__":
    run(SYSTEM, measure)
