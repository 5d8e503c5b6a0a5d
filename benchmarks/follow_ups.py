"""How well questions that go on from others are found and answered, and what that costs.

    python -m benchmarks.follow_ups

The conversations stand in `examples/clinica/conversas.jsonl`, as `perguntas.csv` has its questions,
with `before`, the turns before each, and `part`: the second half was looked at only once everything
was built. Some change the subject, some have no answer in the documents, some ask two things.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
from workers.contracts.conversation import Turn
from workers.evaluation.questions import KnownQuestion, read_questions
from workers.evaluation.verdicts import BAD, SENT, Verdict
from workers.settings import WorkerSettings

COMMAND: Final = "python -m benchmarks.follow_ups"
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

    @property
    def follow_up(self) -> FollowUp | None:
        """What the question goes on from."""
        return follow_up_of(self.known.question, self.turns, LATER)

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
        return Inquiry(TENANT, self.known.question, self.follow_up.before if self.follow_up else "")


#: How a question is searched, and whether it is quoted by what it means.
WAYS: Final[dict[str, tuple[Callable[[Conversation], Inquiry], bool]]] = {
    "the question alone": (lambda each: each.alone, False),
    "behind the one before, as one text": (lambda each: each.whole, False),
    "two queries": (lambda each: each.both, False),
    "two queries, quoted by what is meant": (lambda each: each.both, True),
}
ALONE, _, _, MEANT = WAYS


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
    console, everything = Console(width=160), conversations()
    selector = load_selector(WorkerSettings())
    found = Table("way", "recall@5 %", "MRR@5", "part", "kind", *map(str, Verdict), box=None)
    figures = []
    with searched(CLINIC / "documentos") as knowledge:
        knowledge.warm()
        for way, (inquiry, by_meaning) in WAYS.items():
            findings = knowledge.find([inquiry(each) for each in everything], QUOTED_FROM)
            pairs = list(zip(everything, findings, strict=True))
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
            if way in {ALONE, MEANT}:
                figures += _figures(way, recall, counts, everything)
        one, two = cost(knowledge, everything)
    console.print(found)
    figures.append(Figure("search with two queries ÷ with one", (two / one,), "", None, COMMAND))
    console.print(f"a search with one query takes {one:.0f} ms, with two {two:.0f} ms")
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
    return [
        Figure(f"follow-ups found among the first five, {way}", (recall,), "%", None, COMMAND),
        Figure(f"follow-ups quoted rightly, {way}", (right,), "% of answerable", None, COMMAND),
        Figure(f"follow-ups quoted wrongly, {way}", (wrong,), "% of sent", 5, COMMAND, most=True),
    ]


if __name__ == "__main__":
    main()
