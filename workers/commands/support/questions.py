"""What `atende evaluate` and `atende calibrate` share: a file of questions, and a job over them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue
from rich.console import Console
from rich.markup import escape

from workers.commands.support.job import NewJob, carry_out
from workers.commands.support.progress import QuestionBar
from workers.evaluation import questions as question_file
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.search import QUESTIONS, Step
from workers.stack.settings import LocalSettings

#: Exit code where nothing could be measured: 1 is kept for "below what was asked for".
NOTHING_MEASURED = 2


@dataclass(frozen=True, slots=True)
class QuestionsJob:
    """A job over questions: its kind, the clinic, the questions, and what else the kind needs."""

    kind: str
    tenant: str
    questions: Sequence[KnownQuestion]
    options: Mapping[str, JsonValue]

    def carry_out(self, settings: LocalSettings, console: Console) -> str:
        """Do it with a bar, and return the JSON of its result.

        Raises:
            JobError: it cannot be done.
            KnowledgeError: the knowledge base cannot be opened.
            RedisError: the stack's queue does not answer.
        """
        questions = QUESTIONS.dump_python(list(self.questions), mode="json")
        with QuestionBar(console, "searching", len(self.questions)) as bar:
            job = NewJob(
                self.kind,
                self.tenant,
                {"questions": questions, **self.options},
                on_progress=lambda raw: bar(Step.model_validate_json(raw).done),
            )
            return carry_out(job, settings, console)


def read_questions(path: Path, console: Console) -> tuple[list[KnownQuestion], list[str]]:
    """The questions of a file, and what is wrong with each bad row; bad rows are printed.

    Raises:
        QuestionsError: there is none that can be used.
    """
    questions, bad_rows = question_file.read_questions(path)
    for row in bad_rows:
        console.print(
            f"[yellow]{escape(path.name)}, line {row.line}:[/yellow] {escape(row.reason)}; left out"
        )
    return questions, [f"{row.line}: {row.reason}" for row in bad_rows]
