"""What `atende evaluate` and `atende calibrate` share: reading questions, following a job."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import JsonValue
from redis import RedisError
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ingestion.knowledge.errors import KnowledgeError
from workers.commands.support.orders import Order, carry_out
from workers.evaluation.asking import AskingError
from workers.evaluation.questions import Asked, QuestionsError, read
from workers.evaluation.run import RunError
from workers.evaluation.searching import ASKED, Step
from workers.jobs.errors import JobError
from workers.stack.address import NotRunningError
from workers.stack.credentials import CredentialsError
from workers.stack.settings import LocalSettings

#: What a command says of and exits with 2 for: 1 is kept for "below what was asked".
PROBLEMS = (
    AskingError,
    CredentialsError,
    JobError,
    KnowledgeError,
    NotRunningError,
    OSError,
    QuestionsError,
    RedisError,
    RunError,
)
FAILED = 2


@dataclass(frozen=True, slots=True)
class Work:
    """A job over questions: its kind, the clinic, the questions, and what else the kind needs."""

    kind: str
    tenant: str
    asked: Sequence[Asked]
    more: Mapping[str, JsonValue]


class Bar:
    """A progress bar over questions."""

    def __init__(self, console: Console, what: str, total: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task(what, total=total)

    def __call__(self, done: int) -> None:
        """So many are done."""
        self._progress.update(self._task, completed=done)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def questions(path: Path, console: Console) -> tuple[list[Asked], list[str]]:
    """The questions of a file, and what is said of each bad row; the bad rows are printed.

    Raises:
        QuestionsError: there is none that can be used.
    """
    asked, bad = read(path)
    for row in bad:
        console.print(
            f"[yellow]{escape(path.name)}, line {row.line}:[/yellow] {escape(row.reason)}; left out"
        )
    return asked, [f"{row.line}: {row.reason}" for row in bad]


def carried_out(
    work: Work,
    settings: LocalSettings,
    console: Console,
) -> str:
    """Do a job over questions, with a bar; the JSON of its result.

    Raises:
        JobError: it cannot be done.
        KnowledgeError: the knowledge base cannot be opened.
        RedisError: the stack's queue does not answer.
    """
    with Bar(console, "searching", len(work.asked)) as bar:
        order = Order(
            work.kind,
            work.tenant,
            {"questions": ASKED.dump_python(list(work.asked), mode="json"), **work.more},
            show=lambda raw: bar(Step.model_validate_json(raw).done),
            say=lambda why: console.print(why, style="dim", markup=False),
        )
        return carry_out(order, settings)


def give_up(command: str, error: BaseException, console: Console) -> None:
    """Say what went wrong and leave."""
    console.print(f"[red]atende {command}:[/red] {escape(str(error))}", highlight=False)
    sys.exit(FAILED)
