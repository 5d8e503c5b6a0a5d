"""What every system of the comparison gets: questions, documents, prompts, engine arguments."""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from benchmarks import corpora
from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.passage import Passage
from workers.answering.language import language_of
from workers.answering.prompt import Prompter
from workers.answering.templates import Templates
from workers.commands.up import interruptible
from workers.engine.plan import EnginePlan
from workers.engine.protocol import Prompt, Tokenizer
from workers.engine.setup import engine_setup
from workers.settings import WorkerSettings
from workers.stack.settings import LocalSettings

#: Questions that each system answers before its clock starts; none of them is measured.
WARM: Final = 8
#: Settings of all: no gate, nothing quoted and nothing shared, so that each question costs every
#: system a prompt.
SETTINGS: Final = {
    "ATENDE_ANSWER": "write",
    "ATENDE_GATE_SIMILARITY": "-1",
    "ATENDE_ANSWER_CACHE_SECONDS": "0",
    "ATENDE_COALESCE": "false",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One set of questions, answered.

    Attributes:
        questions: how many.
        seconds: from the first one enqueued to the last answer.
        prompt_tokens: of all prompts.
        completion_tokens: of all answers.
        cached_tokens: of the prompts, found in the prefix cache; None where that is unknown.
    """

    questions: int
    seconds: float
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int | None

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.questions / self.seconds


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one system's process prints.

    Attributes:
        system: its name.
        start_seconds: until it was ready.
        runs: one for each set of questions.
    """

    system: str
    start_seconds: float
    runs: tuple[Run, ...]

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, output: str) -> "Measurement":
        """From what a process printed: its last line that is such a line.

        Raises:
            ValueError: there is none.
        """
        for line in reversed(output.splitlines()):
            if line.startswith('{"system"'):
                fields = json.loads(line)
                runs = tuple(Run(**run) for run in fields["runs"])
                return cls(fields["system"], fields["start_seconds"], runs)
        raise ValueError("the process printed no result")


@dataclass(frozen=True, slots=True)
class Work:
    """A folder with the documents, ready to search, and the sets of questions."""

    folder: Path

    @classmethod
    def prepare(cls, folder: Path, corpus: str, data: Path, sets: int, size: int) -> "Work":
        """Make such a folder.

        Args:
            folder: is made.
            corpus: one of `benchmarks.corpora.NAMES`.
            data: the folder with `retrieval/`.
            sets: of questions, beside the warm-up's.
            size: questions of a set.
        """
        work = cls(folder)
        questions = corpora.cut(corpora.questions(corpus, data), WARM, sets, size)
        corpora.make_data_folder(corpus, data, work.data)
        (folder / "questions.json").write_text(json.dumps(questions), "utf-8")
        return work

    @property
    def data(self) -> Path:
        """The embedded store's folder, as `ATENDE_DATA_DIR` names it."""
        return self.folder / "data"

    @property
    def tenant(self) -> str:
        """The clinic that the documents belong to."""
        return LocalSettings().tenant

    def settings(self) -> WorkerSettings:
        """Those of the product, with what the comparison changes; the environment gets it too."""
        os.environ.update(SETTINGS)
        os.environ["ATENDE_DATA_DIR"] = str(self.data)
        return WorkerSettings()

    def sets(self) -> tuple[list[str], list[list[str]]]:
        """The questions of the warm-up, and the sets that are measured."""
        warm, *sets = json.loads((self.folder / "questions.json").read_text("utf-8"))
        return warm, sets

    def find(
        self, knowledge: Knowledge, settings: WorkerSettings, questions: Sequence[str]
    ) -> list[list[Passage]]:
        """Passages for each question, by one search for all."""
        pairs = [(self.tenant, question) for question in questions]
        return knowledge.search(pairs, settings.most_passages)


class Prompts:
    """Writes the prompts that the product would write."""

    def __init__(self, tokenizer: Tokenizer, settings: WorkerSettings) -> None:
        self._prompter = Prompter(Templates.load(settings.prompt_dir), tokenizer, settings)
        self._language = settings.language

    @property
    def special(self) -> bool:
        """Whether the engine has to put the model's first token before the text."""
        return self._prompter.style == "completion"

    @property
    def chat_template(self) -> str:
        """For `LLM.chat`, which wants messages: the whole prompt is the only one."""
        first = "{{ bos_token }}" if self.special else ""
        return first + "{{ messages[0]['content'] }}"

    def write(self, question: str, passages: Sequence[Passage]) -> Prompt:
        """The prompt of one question."""
        language = language_of(question, self._language)
        return self._prompter.build(question, passages, language)


def engine_plan(settings: WorkerSettings) -> EnginePlan:
    """The product's own engine arguments; their environment is set.

    Tokens of a step and slots stand among them: vLLM's own numbers differ between `LLM`,
    `vllm serve` and `AsyncLLM`, up to eight times on an H100.
    """
    vllm_plan = engine_setup(settings).plan
    for name, value in vllm_plan.environment.items():
        os.environ.setdefault(name, value)
    return vllm_plan


def run(system: str, start: Callable[[Work, int | None], Measurement]) -> None:
    """A system's command line: `--folder`, `--questions`; prints what `start` measured."""
    parser = argparse.ArgumentParser(description=system)
    parser.add_argument("--folder", type=Path, required=True, help="made by benchmarks.throughput")
    parser.add_argument("--questions", type=int, help="of each set; default: all")
    options = parser.parse_args()
    with interruptible():  # so that whatever it started is stopped
        print(start(Work(options.folder), options.questions).line(), flush=True)


def say(system: str, message: str) -> None:
    """A line of progress."""
    print(f"  {time.strftime('%H:%M:%S')} {system}: {message}", file=sys.stderr, flush=True)
