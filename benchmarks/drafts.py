"""What a search gains by questions for chunks: the model's own, and as a bound a patient's.

    python -m benchmarks.drafts --data ../shared/data
    python -m benchmarks.drafts --data ../shared/data --keep drafts.json    # and keep the drafts

A Brazilian health FAQ of 99 passages, each asked in about a dozen ways, three times through the
product's search:

- without questions;
- with those that the model drafted, prompted, read and indexed as a worker does;
- with one real question of people for each passage: what a model brings that asks as they do.

All three are asked the same questions; those of the third index are not among them.
"""

import argparse
import asyncio
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure, show
from benchmarks.retrieval import QuestionSet, Score
from benchmarks.sets import TENANT, Row, read, searchable
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.hubs import load_level_embedder
from workers.answering.templates import Templates
from workers.drafting.prompt import DraftPrompter
from workers.drafting.read import read_drafts
from workers.engine.vllm_engine import VllmEngine
from workers.settings import WorkerSettings

SET: Final = "cosibot_ptbr"
COMMAND: Final = "python -m benchmarks.drafts --data ../shared/data"

#: Passage -> its questions.
Drafts = Mapping[str, Sequence[str]]


def main() -> None:
    """Print the three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--questions", type=int, default=3, help="drafts of each passage")
    parser.add_argument("--model", default=WorkerSettings().model)
    parser.add_argument("--keep", type=Path, help="a file that keeps the drafts")
    options = parser.parse_args()
    folder = options.data / "retrieval" / SET
    if not folder.is_dir():
        parser.exit(2, f"{folder} is not there: name the data's folder with --data\n")
    settings = WorkerSettings(model=options.model, chunk_questions=options.questions)
    drafts = _drafts(folder, settings, options.keep)
    of_people, test = held_out(read(folder / "questions.jsonl"))
    show(figures(folder, {"none": {}, "drafted": drafts, "one of people's": of_people}, test))


def figures(folder: Path, indexes: Mapping[str, Drafts], test: Sequence[Row]) -> list[Figure]:
    """Recall@5 and MRR@10 of each index."""
    rows = []
    embedder = load_level_embedder(WorkerSettings())
    texts = [row["text"] for row in test]
    with searchable(folder, embedder) as corpus:
        question_set = QuestionSet(corpus, embedder, test)
        for name, drafts in indexes.items():
            corpus.knowledge.draft(
                TENANT, {k: drafts.get(v, ()) for k, v in corpus.names.items()}, name
            )
            score: Score = question_set.score(texts)
            count = sum(map(len, drafts.values()))
            label = f"questions: {name} ({count} on {len(corpus.names)} passages)"
            rows += [
                Figure(f"{label}, recall@5", (score.recall,), "%", None, COMMAND),
                Figure(f"{label}, MRR@10", (100 * score.mrr,), "%", None, COMMAND),
            ]
    return rows


def held_out(questions: Sequence[Row]) -> tuple[Drafts, list[Row]]:
    """One question of each passage, in a fixed random order, and all the others."""
    held: dict[str, Row] = {}
    for row in sorted(questions, key=lambda row: hashlib.sha256(row["id"].encode()).digest()):
        held.setdefault(row["gold"][0], row)
    held_ids = {row["id"] for row in held.values()}
    of_people = {name: (row["text"],) for name, row in held.items()}
    return of_people, [row for row in questions if row["id"] not in held_ids]


def _drafts(folder: Path, settings: WorkerSettings, keep: Path | None) -> Drafts:
    if keep is not None and keep.exists():
        drafts: Drafts = json.loads(keep.read_text("utf-8"))
        return drafts
    texts = {row["id"]: row["text"] for row in read(folder / "passages.jsonl")}
    drafts = asyncio.run(drafted(texts, settings))
    if keep is not None:
        keep.write_text(json.dumps(drafts, ensure_ascii=False, indent=1), "utf-8")
    return drafts


async def drafted(texts: Mapping[str, str], settings: WorkerSettings) -> Drafts:
    """The model's questions for each text, by the real engine."""
    engine = VllmEngine(settings)
    await engine.start()
    try:
        prompter = DraftPrompter(Templates.load(), engine.tokenizer, engine.model, settings)
        prompts = {name: prompter.build(Chunk(text, "")) for name, text in texts.items()}
        start_time = time.perf_counter()
        generations = await asyncio.gather(
            *(engine.generate(name, prompt, priority=1) for name, prompt in prompts.items())
        )
        print(f"{len(texts)} passages drafted in {time.perf_counter() - start_time:.0f} s")
    finally:
        await engine.shutdown()
    return {
        name: read_drafts(generation.text, prompts[name].text, prompter.count)
        for name, generation in zip(texts, generations, strict=True)
    }


if __name__ == "__main__":
    main()
