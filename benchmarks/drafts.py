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
from benchmarks.retrieval import Asked, Score
from benchmarks.sets import TENANT, Row, filled, read
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.embedding import load_embedder
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
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--keep", type=Path, help="a file that keeps the drafts")
    options = parser.parse_args()
    folder = options.data / "retrieval" / SET
    if not folder.is_dir():
        parser.exit(2, f"{folder} is not there: name the data's folder with --data\n")
    settings = WorkerSettings(model=options.model, chunk_questions=options.questions)
    drafts = _drafts(folder, settings, options.keep)
    lent, test = held_out(read(folder / "questions.jsonl"))
    show(figures(folder, {"none": {}, "drafted": drafts, "one of people's": lent}, test))


def figures(folder: Path, indexes: Mapping[str, Drafts], test: Sequence[Row]) -> list[Figure]:
    """Recall@5 and MRR@10 of each index."""
    found = []
    embedder = load_embedder(WorkerSettings())
    texts = [row["text"] for row in test]
    with filled(folder, embedder) as of:
        at = Asked(of, embedder, test)
        for name, drafts in indexes.items():
            of.knowledge.draft(TENANT, {k: drafts.get(v, ()) for k, v in of.names.items()}, name)
            score: Score = at.score(texts)
            count = sum(map(len, drafts.values()))
            told = f"questions: {name} ({count} on {len(of.names)} passages)"
            found += [
                Figure(f"{told}, recall@5", (score.recall,), "%", None, COMMAND),
                Figure(f"{told}, MRR@10", (100 * score.mrr,), "%", None, COMMAND),
            ]
    return found


def held_out(questions: Sequence[Row]) -> tuple[Drafts, list[Row]]:
    """One question of each passage, in an order that says nothing, and all the others."""
    chosen: dict[str, Row] = {}
    for row in sorted(questions, key=lambda row: hashlib.sha256(row["id"].encode()).digest()):
        chosen.setdefault(row["gold"][0], row)
    taken = {row["id"] for row in chosen.values()}
    lent = {name: (row["text"],) for name, row in chosen.items()}
    return lent, [row for row in questions if row["id"] not in taken]


def _drafts(folder: Path, settings: WorkerSettings, keep: Path | None) -> Drafts:
    if keep is not None and keep.exists():
        kept: Drafts = json.loads(keep.read_text("utf-8"))
        return kept
    texts = {row["id"]: row["text"] for row in read(folder / "passages.jsonl")}
    made = asyncio.run(drafted(texts, settings))
    if keep is not None:
        keep.write_text(json.dumps(made, ensure_ascii=False, indent=1), "utf-8")
    return made


async def drafted(texts: Mapping[str, str], settings: WorkerSettings) -> Drafts:
    """The model's questions for each text, by the real engine."""
    engine = VllmEngine(settings)
    await engine.start()
    try:
        prompter = DraftPrompter(Templates.load(), engine.tokenizer, engine.model, settings)
        prompts = {name: prompter.build(Chunk(text, "")) for name, text in texts.items()}
        began = time.perf_counter()
        made = await asyncio.gather(
            *(engine.generate(name, prompt, priority=1) for name, prompt in prompts.items())
        )
        print(f"{len(texts)} passages drafted in {time.perf_counter() - began:.0f} s")
    finally:
        await engine.shutdown()
    count = settings.chunk_questions
    return {
        name: read_drafts(each.text, prompts[name].text, count)
        for name, each in zip(texts, made, strict=True)
    }


if __name__ == "__main__":
    main()
