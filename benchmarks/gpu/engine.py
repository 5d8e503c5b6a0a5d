"""The stand-in engine as the drain sees it; its steps are made in a process of its own.

    ATENDE_ENGINE=benchmarks.gpu.engine:GpuEngine

Slots and tokens a step are those of the product's plan for a GPU, so that they follow
`ATENDE_ENGINE_SLOTS` and `ATENDE_ENGINE_ARGS`. Answers are sentences of a passage shown, 80 tokens
long on average where it has as many; a share of them is a piece of the prompt at random instead,
whose check fails, so that the product looks for a quote.

The environment says the rest, as JSON in `BENCH_GPU`: see `Setup`.
"""

import asyncio
import json
import os
import random
import re
import socket
import subprocess
import sys
import zlib
from array import array
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from benchmarks.gpu.core import Limits
from benchmarks.gpu.outputs import CHUNK, NoOutputs, OutputSide, Token, VllmOutputs
from benchmarks.gpu.scheduler import STEP_TOKENS
from benchmarks.gpu.watch import Watch
from workers.answering.prompt import AnswerPrompt
from workers.engine.model import model_source
from workers.engine.plan import Machine, plan
from workers.engine.protocol import EngineDeadError, Generation, Prompt, Tokenizer
from workers.engine.step import GIB, Card
from workers.settings import WorkerSettings

VARIABLE: Final = "BENCH_GPU"
#: Tokens of an answer: a gamma distribution's shape, and its mean.
ANSWER_SHAPE, ANSWER_TOKENS = 4.0, 80.0
#: A sentence with the space behind it; roughly, and enough for made-up answers.
SENTENCE: Final = re.compile(r"[^.!?]+[.!?]*\s*")
#: Longest line from the core, in bytes.
_LINE: Final = 1 << 22


@dataclass(frozen=True, slots=True)
class Setup:
    """What the benchmark tells the engine.

    Attributes:
        folder: for requests, reports, and `control.json`, which changes the limits.
        shape: of the model, by its name.
        outputs: `vllm`, or `none` to leave out what vLLM does with each token.
        unsupported: share of the answers that the documents do not support.
        seed: of the answers' lengths.
    """

    folder: str
    shape: str = "7b"
    outputs: str = "vllm"
    unsupported: float = 0.1
    seed: int = 1

    @classmethod
    def read(cls) -> "Setup":
        """From the environment."""
        return cls(**json.loads(os.environ[VARIABLE]))


@dataclass(slots=True)
class _Answer:
    """One answer: its tokens, and how many of them came."""

    tokens: Sequence[int]
    came: int = 0
    cached: int = 0
    aborted: bool = False

    @property
    def reason(self) -> str:
        return "abort" if self.aborted else "stop"


@dataclass(slots=True)
class _Link:
    """The core's process and the streams to and from it."""

    process: "subprocess.Popen[bytes]"
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    def send(self, **message: object) -> None:
        self.writer.write(json.dumps(message).encode() + b"\n")


class GpuEngine:
    """Behind `workers.engine.protocol.Engine`."""

    compute_bound = False

    def __init__(self, settings: WorkerSettings, setup: Setup | None = None) -> None:
        self._setup = setup or Setup.read()
        source = model_source(settings)
        card = Card("NVIDIA H100 80GB HBM3", 80 * GIB, (9, 0))
        machine = Machine(gpu=True, flags=frozenset(), cores=(), available=80 * GIB, card=card)
        arguments = plan(settings, source, machine).arguments
        self.model = f"{source.name} on a stand-in GPU"
        self.slots = int(arguments["max_num_seqs"])
        self._location = source.location
        self.limits = Limits(
            self._setup.shape,
            1.0,
            self.slots,
            int(arguments.get("max_num_batched_tokens") or STEP_TOKENS),
        )
        self._answers: dict[str, _Answer] = {}
        self._decoding: dict[str, _Answer] = {}
        self._tokenizer: Tokenizer | None = None
        self._link: _Link | None = None
        self._outputs: OutputSide | None = None
        self._tally: dict[str, Any] = {}
        self._control = 0

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's."""
        if self._tokenizer is None:
            raise EngineDeadError("not started")
        return self._tokenizer

    @property
    def healthy(self) -> bool:
        """Whether the core runs."""
        return self._link is not None and self._link.process.poll() is None

    async def start(self) -> None:
        """Start the core, and watch this process."""
        from transformers import AutoTokenizer  # noqa: PLC0415 - seconds

        self._tokenizer = cast(
            "Tokenizer",
            AutoTokenizer.from_pretrained(self._location),
        )
        kind = VllmOutputs if self._setup.outputs == "vllm" else NoOutputs
        self._outputs = kind(self._tokenizer)
        ours, theirs = socket.socketpair()
        arguments = [str(theirs.fileno()), json.dumps(asdict(self.limits)), self._setup.folder]
        process = subprocess.Popen(  # noqa: S603, ASYNC220 - our own; milliseconds
            [sys.executable, "-m", "benchmarks.gpu.core", *arguments], pass_fds=[theirs.fileno()]
        )
        theirs.close()
        reader, writer = await asyncio.open_connection(sock=ours, limit=_LINE)
        self._link = _Link(process, reader, writer)
        watch = Watch(Path(self._setup.folder), self._state, self._change)
        self._link.tasks = [asyncio.create_task(each) for each in (self._listen(), watch.run())]

    async def generate(
        self, request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        """See `Engine`."""
        link, outputs = self._running()
        whole = self.answer(prompt)
        answer = _Answer(whole[len(resume) :])
        if not answer.tokens:
            return self._generation(prompt, answer, whole, self._text(whole))
        self._answers[request_id] = answer
        text = outputs.open(request_id, prompt)
        link.send(
            kind="ask",
            id=request_id,
            tokens=[*prompt.token_ids, *whole],
            prompt=len(prompt.token_ids) + len(resume),
            answer=len(answer.tokens),
            priority=priority,
            resumed=bool(resume),
        )
        try:
            own = await text
        except asyncio.CancelledError:
            await self.abort(request_id)
            raise
        if not self.healthy:
            raise EngineDeadError("the core has ended")
        tokens = (*resume, *answer.tokens[: answer.came])
        return self._generation(prompt, answer, tokens, self._text(tokens) if resume else own)

    def answer(self, prompt: Prompt) -> tuple[int, ...]:
        """The whole answer of a prompt, equal each time, of a length by chance."""
        ids = prompt.token_ids
        digest = zlib.crc32(array("q", ids).tobytes(), self._setup.seed)
        chance = random.Random(digest)  # noqa: S311 - a length, no secret
        wanted = chance.gammavariate(ANSWER_SHAPE, ANSWER_TOKENS / ANSWER_SHAPE)
        length = max(1, min(round(wanted), prompt.max_tokens, len(ids)))
        if chance.random() >= self._setup.unsupported and isinstance(prompt, AnswerPrompt):
            text = chance.choice(prompt.passages).text if prompt.passages else ""
            sentences = SENTENCE.findall(text)
            first = chance.randrange(len(sentences)) if sentences else 0
            whole = self.tokenizer.encode("".join(sentences[first:]), add_special_tokens=False)
            if whole:
                return tuple(whole[:length])
        start = chance.randint(0, len(ids) - length)
        return tuple(ids[start : start + length])

    async def abort(self, request_id: str) -> None:
        """See `Engine`."""
        link, outputs = self._running()
        answer = self._answers.pop(request_id, None)
        if answer is None:
            return
        answer.aborted = True
        self._decoding.pop(request_id, None)
        outputs.abort(request_id)
        link.send(kind="abort", id=request_id)

    async def shutdown(self) -> None:
        """End the core."""
        link, self._link = self._link, None
        if link is None:
            return
        for task in link.tasks:
            task.cancel()
        link.writer.close()
        with suppress(OSError):
            await link.writer.wait_closed()
        await asyncio.to_thread(link.process.wait, 10)

    # -- what the core sends ----------------------------------------------------------------------

    async def _listen(self) -> None:
        link, outputs = self._running()
        while line := await link.reader.readline():
            message = json.loads(line)
            if "control" in message:
                self._control = message["control"]
                self.limits = Limits(**message["limits"])
                continue
            self._tally = message["tally"]
            tokens = self._step(message["began"], dict(message["ended"]))
            for first in range(0, len(tokens), CHUNK):
                outputs.put(tokens[first : first + CHUNK])
                if first + CHUNK < len(tokens):
                    await asyncio.sleep(0)
        for request_id in list(self._answers):  # the core is gone: everybody is told
            outputs.abort(request_id)

    def _step(self, began: Sequence[str], ended: dict[str, int]) -> list[Token]:
        """One token for each answer that is being written."""
        for request_id in began:
            if answer := self._answers.get(request_id):
                self._decoding[request_id] = answer
        tokens = []
        for request_id, answer in self._decoding.items():
            tokens.append(Token(request_id, answer.tokens[answer.came], request_id in ended))
            answer.came += 1
        for request_id, cached in ended.items():
            if last := self._decoding.pop(request_id, None):
                last.cached = cached
                del self._answers[request_id]
        return tokens

    # -- what the benchmark asks for ---------------------------------------------------------------

    def _state(self) -> dict[str, Any]:
        return {"control": self._control, "limits": asdict(self.limits), "tally": self._tally}

    def _change(self, number: int, limits: dict[str, Any]) -> None:
        link, _ = self._running()
        link.send(kind="control", number=number, limits=limits)

    def _running(self) -> tuple[_Link, OutputSide]:
        if self._link is None or self._outputs is None:
            raise EngineDeadError("not started, or shut down")
        return self._link, self._outputs

    def _text(self, tokens: Sequence[int]) -> str:
        return str(getattr(self.tokenizer, "decode", str)(tokens))

    @staticmethod
    def _generation(
        prompt: Prompt, answer: _Answer, tokens: Sequence[int], text: str
    ) -> Generation:
        return Generation(
            text, answer.reason, len(prompt.token_ids), len(tokens), answer.cached, tuple(tokens)
        )
