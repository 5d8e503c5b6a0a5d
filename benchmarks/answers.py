"""What retrieval costs the answers: the whole path against the gold passage given.

    python -m benchmarks.answers --data ../shared/data --questions 300

FaQuAD's questions, answered twice by the real engine: once from what Atende's own search
finds among all of the set's passages, ingested as documents, and once from the gold passage alone.
The gate is off: it is measured by `benchmarks.gate`. Scores are SQuAD's word F1, accents folded;
an answer that was refused scores 0.
"""

import argparse
import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks.figure import Figure, keep, show
from benchmarks.sets import TENANT, Row, read
from ingestion.knowledge.base import open_knowledge
from ingestion.knowledge.passage import Passage
from ingestion.pipeline import Target, ingest_path
from ingestion.settings import IngestionSettings
from workers.answering.prompt import Prompter
from workers.answering.read import read_answer
from workers.answering.templates import Templates
from workers.engine.vllm_engine import VllmEngine
from workers.evaluation.metrics import f1
from workers.settings import WorkerSettings

#: Longest answer, in tokens: gold answers are a few words.
ANSWER_TOKENS = 80


@dataclass(frozen=True, slots=True)
class Task:
    """One question, what counts as right, and its two contexts."""

    question: str
    answers: tuple[str, ...]
    passages: tuple[Passage, ...]
    gold: tuple[Passage, ...]


def sample_tasks(folder: Path, count: int, passages: int) -> list[Task]:
    """Questions in a fixed random order, with what the search finds for each.

    Args:
        folder: `passages.jsonl` and `questions.jsonl`.
        count: most questions.
        passages: found for each, as a prompt would carry them.
    """
    rows = {row["id"]: row for row in read(folder / "passages.jsonl")}
    questions = [row for row in read(folder / "questions.jsonl") if row["gold"]]
    questions.sort(key=lambda row: hashlib.sha256(row["id"].encode()).digest())
    sample = questions[:count]
    with tempfile.TemporaryDirectory() as scratch:
        documents = Path(scratch) / "documents"
        documents.mkdir()
        for number, row in enumerate(rows.values()):
            (documents / f"{number:05d}.txt").write_text(row["text"], "utf-8")
        settings = IngestionSettings(data_dir=Path(scratch))
        with open_knowledge(settings) as knowledge:
            ingest_path(documents, Target(TENANT, knowledge, settings), lambda _: None)
            results = knowledge.search([(TENANT, row["text"]) for row in sample], passages)
    return [
        Task(
            row["text"],
            tuple(row["answers"]),
            tuple(hits),
            (_passage(rows[row["gold"][0]]),),
        )
        for row, hits in zip(sample, results, strict=True)
    ]


def _passage(row: Row) -> Passage:
    return Passage(row["id"], row["id"], "", (), None, row["text"], 1.0, 1.0)


async def scores(tasks: Sequence[Task], settings: WorkerSettings) -> tuple[float, float]:
    """Mean F1 with the passages found, and with the gold passage."""
    engine = VllmEngine(settings)
    await engine.start()
    try:
        prompter = Prompter(Templates.load(), engine.tokenizer, settings)

        async def ask(name: str, task: Task, passages: Sequence[Passage]) -> float:
            prompt = prompter.build(task.question, passages, "pt")
            generation = await engine.generate(name, prompt, priority=0)
            text = read_answer(generation.text, generation.finish_reason).text
            return f1(text or "", task.answers)

        # Both at once, in turn: neither has the machine in a better state.
        calls = [
            ask(f"{number}-{kind}", task, passages)
            for number, task in enumerate(tasks)
            for kind, passages in (("found", task.passages), ("gold", task.gold))
        ]
        values = await asyncio.gather(*calls)
    finally:
        await engine.shutdown()
    return sum(values[::2]) / len(tasks), sum(values[1::2]) / len(tasks)


def main() -> None:
    """Print both, and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--model", default=WorkerSettings().model)
    parser.add_argument("--passages", type=int)
    options = parser.parse_args()
    folder = options.data / "retrieval" / "faquad"
    if not folder.is_dir():
        parser.exit(2, f"{folder} is not there: name the data's folder with --data\n")
    settings = WorkerSettings(
        model=options.model, passages=options.passages, answer_tokens=ANSWER_TOKENS
    )
    tasks = sample_tasks(folder, options.questions, settings.most_passages)
    retrieved, gold = asyncio.run(scores(tasks, settings))
    command = f"python -m benchmarks.answers --questions {options.questions}"
    ratio = retrieved / gold if gold else 0.0
    figures = [
        Figure("answer F1, passages found", (100 * retrieved,), "%", None, command),
        Figure("answer F1, gold passage given", (100 * gold,), "%", None, command),
        Figure("answer F1, passages found ÷ gold passage given", (ratio,), "", 0.95, command),
    ]
    show(figures, Console(width=120))
    keep(figures)


if __name__ == "__main__":
    main()
