"""How well questions that go on from others are found and answered, and what that costs.

    python -m benchmarks.follow_ups
    python -m benchmarks.follow_ups --rewrite

The conversations stand in `examples/clinica/conversas.jsonl`, as `perguntas.csv` has its questions,
with `before`, the turns before each, and `part`: the second half was looked at only once everything
was built. Some change the subject, some have no answer in the documents, some ask two things.

With `--rewrite` the worker's model (`ATENDE_MODEL`) rewrites each follow-up, one after the other,
as with `ATENDE_REWRITE=model`, and that is measured beside two queries.
"""

import argparse
import asyncio
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, show
from benchmarks.selector_replies import find_parts, reply, searched, sent, verdict
from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.evidence import Findings
from ingestion.knowledge.search.inquiry import Inquiry
from workers.answering.follow_up import FollowUp, follow_up_of
from workers.answering.gate import weakness_of
from workers.answering.quoting.selector import QUOTED_FROM, Selector, load_selector
from workers.answering.rewrite import Rewriter
from workers.answering.rewritten import read_rewritten
from workers.answering.templates import Templates
from workers.contracts.conversation import Turn
from workers.contracts.question import Request
from workers.engine.vllm_engine import VllmEngine
from workers.evaluation.questions import KnownQuestion, read_questions
from workers.evaluation.verdicts import BAD, SENT, Verdict
from workers.settings import WorkerSettings

COMMAND: Final = "python -m benchmarks.follow_ups"
REWRITE_COMMAND: Final = f"{COMMAND} --rewrite"
CLINIC: Final = Path(__file__).parents[1] / "examples" / "clinica"
CONVERSATIONS: Final = CLINIC / "conversas.jsonl"
#: Seconds between the last turn and the question.
LATER: Final = 60.0
TENANT: Final = "clinic"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A known question, and what was said before it."""

    known: KnownQuestion
    turns: tuple[Turn, ...]
    part: str
    rewritten: str = ""

    @property
    def follow_up(self) -> FollowUp | None:
        """What the question goes on from."""
        follow_up = follow_up_of(self.known.question, self.turns, LATER)
        return replace(follow_up, rewritten=self.rewritten) if follow_up else None

    @property
    def alone(self) -> Inquiry:
        """The question as it stands."""
        return Inquiry(TENANT, self.known.question)

    @property
    def whole(self) -> Inquiry:
        """The question behind the one before, as one text."""
        return Inquiry(TENANT, f"{self.turns[-1].question} {self.known.question}")

    @property
    def both(self) -> Inquiry:
        """As a worker searches for it."""
        follow_up, question = self.follow_up, self.known.question
        if follow_up is None:
            return Inquiry(TENANT, question)
        return Inquiry(TENANT, question, follow_up.before, whole=follow_up.rewritten)


#: How a question is searched, and whether it is quoted by what it means.
WAYS: Final[dict[str, tuple[Callable[[Conversation], Inquiry], bool]]] = {
    "the question alone": (lambda each: each.alone, False),
    "behind the one before, as one text": (lambda each: each.whole, False),
    "two queries": (lambda each: each.both, False),
    "two queries, quoted by what is meant": (lambda each: each.both, True),
}
ALONE, _, _, MEANT = WAYS
REWRITTEN: Final = "rewritten by the model, else two queries"


def conversations() -> list[Conversation]:
    """All of them."""
    known, bad_rows = read_questions(CONVERSATIONS)
    if bad_rows:
        raise ValueError(f"line {bad_rows[0].line}: {bad_rows[0].reason}")
    rows = map(json.loads, CONVERSATIONS.read_text("utf-8").splitlines())
    return [
        Conversation(each, tuple(Turn(at=0.0, **turn) for turn in row["before"]), row["part"])
        for each, row in zip(known, rows, strict=True)
    ]


def ranks(known: KnownQuestion, passages: Sequence[Passage]) -> Iterator[int]:
    """The rank of each of a question's passages among those found, from 1; 0 where it is not."""
    texts = [" ".join(passage.text.split()) for passage in passages]
    for words in known.passages:
        yield next((rank for rank, text in enumerate(texts, 1) if words in text), 0)


def answered(
    each: Conversation, findings: Findings, knowledge: Knowledge, pick: tuple[Selector, bool]
) -> Verdict:
    """What comes of a question that is quoted."""
    selector, by_meaning = pick
    follow_up = each.follow_up
    meanings = follow_up.meanings if follow_up and by_meaning else ()
    quote = None
    if weakness_of(findings, knowledge.calibrations.of(TENANT), None) is None:
        read = partial(knowledge.chunks_in_force, TENANT)
        text = each.known.question
        parts = find_parts(knowledge, text, each.turns, LATER) if by_meaning else ()
        quote = selector.select(text, findings, read, meanings, parts)
    ended = sent(quote) if quote else reply("needs_human", reason="unsure")
    return verdict(each.known, findings, ended)


async def rewritten(everything: Sequence[Conversation]) -> tuple[list[Conversation], list[float]]:
    """The conversations as the worker's model rewrites them, and milliseconds of each rewrite."""
    settings = WorkerSettings()
    engine, milliseconds = VllmEngine(settings), []
    results, counts = [], Counter[str]()
    await engine.start()
    try:
        rewriter = Rewriter(Templates.load(), engine.tokenizer, settings)
        for each in everything:
            request = Request(
                tenant=TENANT, question=each.known.question, asked_at=LATER, context=each.turns
            )
            prompt = rewriter.prompt_of(request)
            if prompt is None:
                results.append(each)
                continue
            start = time.perf_counter()
            generation = await engine.generate(each.known.id, prompt, priority=0)
            reading = read_rewritten(generation, prompt)
            milliseconds.append(1000 * (time.perf_counter() - start))
            counts[reading.refusal or "rewritten"] += 1
            asked = f"{prompt.follow_up.before} | {prompt.follow_up.text}"
            print(f"{each.known.id} {reading.refusal or 'ok'}: {asked} -> {generation.text!r}")
            results.append(replace(each, rewritten=reading.text))
    finally:
        await engine.shutdown()
    print(f"rewritten by {engine.model}: {dict(counts)}, load {os.getloadavg()[0]:.1f}")
    return results, milliseconds


def cost(knowledge: Knowledge, everything: Sequence[Conversation]) -> tuple[float, float]:
    """Milliseconds of one search with one query and with two, medians, in turn."""
    ways: tuple[list[float], list[float]] = ([], [])
    for each in everything:
        for times, inquiry in zip(ways, (each.alone, each.both), strict=True):
            if each.follow_up:
                start = time.perf_counter()
                knowledge.find([inquiry], QUOTED_FROM)
                times.append(1000 * (time.perf_counter() - start))
    return median(ways[0]), median(ways[1])


def main() -> None:
    """Print the tables and keep the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rewrite", action="store_true")
    console, everything = Console(width=160), conversations()
    sets, milliseconds = dict.fromkeys(WAYS, everything), list[float]()
    if parser.parse_args().rewrite:
        rewrites, milliseconds = asyncio.run(rewritten(everything))
        sets = {MEANT: everything, REWRITTEN: rewrites}
    kept = {REWRITTEN} if milliseconds else {ALONE, MEANT}
    selector = load_selector(WorkerSettings())
    found = Table("way", "recall@5 %", "MRR@5", "part", "kind", *map(str, Verdict), box=None)
    figures = []
    with searched(CLINIC / "documentos") as knowledge:
        knowledge.warm()
        for way, own_set in sets.items():
            inquiry, by_meaning = WAYS.get(way, WAYS[MEANT])
            findings = knowledge.find([inquiry(each) for each in own_set], QUOTED_FROM)
            pairs = list(zip(own_set, findings, strict=True))
            places = [rank for each, own in pairs for rank in ranks(each.known, own.passages)]
            recall = 100 * sum(map(bool, places)) / len(places)
            mrr = sum(1 / rank for rank in places if rank) / len(places)
            counts: Counter[tuple[str, str, Verdict]] = Counter()
            for each, own in pairs:
                judged = answered(each, own, knowledge, (selector, by_meaning))
                counts[each.part, each.known.kind, judged] += 1
                if judged in BAD and by_meaning:
                    console.print(f"{judged}: {each.known.id} {each.known.question}", markup=False)
            for part, kind in dict.fromkeys((each.part, each.known.kind) for each in everything):
                row = (str(counts[part, kind, judged]) for judged in Verdict)
                found.add_row(way, f"{recall:.1f}", f"{mrr:.2f}", part, kind, *row)
            if way in kept:
                figures += _figures(way, recall, counts, everything)
        if not milliseconds:
            one, two = cost(knowledge, everything)
            ratio = (two / one,)
            figures.append(Figure("search with two queries ÷ with one", ratio, "", None, COMMAND))
            console.print(f"a search with one query takes {one:.0f} ms, with two {two:.0f} ms")
    console.print(found)
    if milliseconds:
        share = sum(bool(each.rewritten) for each in sets[REWRITTEN]) / len(milliseconds)
        figures.append(Figure("follow-ups rewritten", (100 * share,), "%", None, REWRITE_COMMAND))
        time_of_one = (median(milliseconds),)
        figures.append(Figure("rewriting a follow-up", time_of_one, "ms", None, REWRITE_COMMAND))
    show(figures)
    keep(figures)


def _figures(
    way: str,
    recall: float,
    counts: Counter[tuple[str, str, Verdict]],
    everything: Sequence[Conversation],
) -> list[Figure]:
    total: Counter[Verdict] = Counter()
    for (_, _, judged), count in counts.items():
        total[judged] += count
    right = 100 * total[Verdict.RIGHT] / sum(each.known.answerable for each in everything)
    wrong = 100 * sum(total[each] for each in BAD) / max(1, sum(total[each] for each in SENT))
    command = REWRITE_COMMAND if way == REWRITTEN else COMMAND
    return [
        Figure(f"follow-ups found among the first five, {way}", (recall,), "%", None, command),
        Figure(f"follow-ups quoted rightly, {way}", (right,), "% of answerable", None, command),
        Figure(f"follow-ups quoted wrongly, {way}", (wrong,), "% of sent", 5, command, most=True),
    ]


if __name__ == "__main__":
    main()
