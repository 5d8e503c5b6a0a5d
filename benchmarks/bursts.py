"""How rightly messages in several bubbles, and messages that ask two things, are answered.

    python -m benchmarks.bursts

They stand in `examples/clinica/mensagens.jsonl`, as `perguntas.csv` has its questions, with
`bubbles` as they came; those of the kind `half` ask something that the documents do not answer.
"""

import json
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, show
from benchmarks.selector_replies import find, find_parts, reply, searched, sent, verdict
from workers.answering.quoting.selector import Selector, load_selector
from workers.channels.burst_text import burst_text
from workers.contracts.conversation import PatientMessage
from workers.evaluation.questions import KnownQuestion, read_questions
from workers.evaluation.verdicts import BAD, SENT, Verdict
from workers.settings import WorkerSettings

COMMAND: Final = "python -m benchmarks.bursts"
CLINIC: Final = Path(__file__).parents[1] / "examples" / "clinica"
MESSAGES: Final = CLINIC / "mensagens.jsonl"
#: Rows of the table: a message searched and quoted as one, and as it is sent.
WAYS: Final = ("together", "each for itself")


@dataclass(frozen=True, slots=True)
class Message:
    """A known message, and its text as its bubbles give it."""

    known: KnownQuestion
    text: str


def messages() -> list[Message]:
    """All of them."""
    known, bad_rows = read_questions(MESSAGES)
    if bad_rows:
        raise ValueError(f"line {bad_rows[0].line}: {bad_rows[0].reason}")
    rows = map(json.loads, MESSAGES.read_text("utf-8").splitlines())
    return [Message(each, _text(row["bubbles"])) for each, row in zip(known, rows, strict=True)]


def _text(bubbles: list[str]) -> str:
    return burst_text([
        PatientMessage(id=str(number), text=text, sent_at=0.0, kind="text")
        for number, text in enumerate(bubbles)
    ]).question  # fmt: skip


def outcomes(selector: Selector, console: Console) -> Counter[tuple[str, str, Verdict]]:
    """Verdicts by kind and way."""
    counts: Counter[tuple[str, str, Verdict]] = Counter()
    with searched(CLINIC / "documentos") as knowledge:
        read = partial(knowledge.chunks_in_force, "clinic")
        for each in messages():
            findings = find(knowledge, each.text)
            for way in WAYS:
                parts = find_parts(knowledge, each.text) if way == WAYS[1] else ()
                quote = selector.select(each.text, findings, read, (), parts)
                ended = sent(quote) if quote else reply("needs_human", reason="unsure")
                judged = verdict(each.known, findings, ended)
                counts[each.known.kind, way, judged] += 1
                if judged in BAD:
                    console.print(f"{judged}, {way}: {each.known.id} {each.text}", markup=False)
    return counts


def main() -> None:
    """Print the table and keep the figures."""
    console, counts = Console(), outcomes(load_selector(WorkerSettings()), Console())
    kinds = dict.fromkeys(kind for kind, _, _ in counts)
    table = Table("kind", "way", *(each.value for each in Verdict), box=None)
    for kind in kinds:
        for way in WAYS:
            table.add_row(kind, way, *(str(counts[kind, way, each]) for each in Verdict))
    console.print(table)
    figures = [figure for way in WAYS for figure in _figures(way, counts)]
    show(figures)
    keep(figures)


def _figures(way: str, counts: Counter[tuple[str, str, Verdict]]) -> list[Figure]:
    own: Counter[Verdict] = Counter()
    answerable: Counter[Verdict] = Counter()
    for (kind, each, judged), count in counts.items():
        if each == way:
            own[judged] += count
            answerable[judged] += count if kind != "half" else 0
    right = 100 * own[Verdict.RIGHT] / answerable.total()
    wrong = 100 * sum(own[each] for each in BAD) / max(1, sum(own[each] for each in SENT))
    return [
        Figure(f"bursts and double questions quoted rightly, {way}", (right,), "%", None, COMMAND),
        Figure(
            f"bursts and double questions quoted wrongly, {way}",
            (wrong,), "% of sent", 5 if way == WAYS[1] else None, COMMAND, most=True,
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    main()
