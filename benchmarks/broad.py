"""How rightly questions are answered that ask for a whole section, a list or a table.

    python -m benchmarks.broad

The questions stand in `clinics/<name>/perguntas-amplas.csv`, of three kinds: `broad`; `absent`,
which sound like these and have no answer in the documents; `narrow`, which sound like these and ask
for one sentence. Those of `ortopedia` were written before anything was built and looked at last.
"""

from collections import Counter
from functools import partial
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, show
from benchmarks.selector_clinics import FOLDER
from benchmarks.selector_replies import find, find_parts, reply, searched, sent, verdict
from workers.answering.quoting.selector import Selector, load_selector
from workers.answering.triage.triage import load_triage
from workers.evaluation.questions import read_questions
from workers.evaluation.verdicts import BAD, SENT, Verdict
from workers.settings import WorkerSettings

COMMAND: Final = "python -m benchmarks.broad"
CLINICS: Final = ("odonto", "oftalmo", "ortopedia")
HELD_OUT: Final = "ortopedia"
KINDS: Final = ("broad", "absent", "narrow")
#: Rows of the table: by sentences alone, and as it is sent.
WAYS: Final = ("sentences", "with wholes")

Counts = dict[tuple[str, str], Counter[Verdict]]


def outcomes(name: str, selector: Selector, console: Console) -> Counts:
    """Verdicts on a clinic's questions, by their kind and the way of answering."""
    triage, counts = load_triage(), {(k, way): Counter[Verdict]() for k in KINDS for way in WAYS}
    questions, _ = read_questions(FOLDER / name / "perguntas-amplas.csv")
    with searched(FOLDER / name / "documentos") as knowledge:
        read = partial(knowledge.chunks_in_force, "clinic")
        for known in questions:
            findings = find(knowledge, known.question)
            parts = find_parts(knowledge, known.question)
            for way, own in zip(WAYS, (None, read), strict=True):
                if fixed := triage.of(known.question, "pt"):
                    ended = reply(fixed.status.value, reason=fixed.reason)
                elif quote := selector.select(known.question, findings, own, (), parts):
                    ended = sent(quote)
                else:
                    ended = reply("needs_human", reason="unsure")
                judged = verdict(known, findings, ended)
                counts[known.kind, way][judged] += 1
                if judged in BAD and own:
                    console.print(f"{judged.value}: {known.id} {known.question}", markup=False)
    return counts


def main() -> None:
    """Ask all three clinics."""
    console, selector = Console(), load_selector(WorkerSettings())
    table = Table("clinic", "kind", "way", *(each.value for each in Verdict), box=None)
    figures = []
    for name in CLINICS:
        counts = outcomes(name, selector, console)
        for (kind, way), own in counts.items():
            table.add_row(name, kind, way, *(str(own[each]) for each in Verdict))
        if name == HELD_OUT:
            figures = _figures(counts)
    console.print(table)
    show(figures)
    keep(figures)


def _figures(counts: Counts) -> list[Figure]:
    now = [counts[kind, WAYS[1]] for kind in KINDS]
    broad = counts["broad", WAYS[1]]
    right = 100 * broad[Verdict.RIGHT] / broad.total()
    wrong = sum(own[each] for own in now for each in BAD)
    wrong_share = 100 * wrong / max(1, sum(own[each] for own in now for each in SENT))
    return [
        Figure("broad questions answered rightly", (right,), "%", 60, COMMAND),
        Figure(
            "broad or nearly, answered wrongly", (wrong_share,), "% of sent", 5, COMMAND, most=True
        ),
    ]


if __name__ == "__main__":
    main()
