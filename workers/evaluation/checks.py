"""What the check of answers caught, what it refused wrongly, and what slipped through. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from workers.answering.check.fault import Kind
from workers.evaluation.reply import Reply
from workers.evaluation.run import Result, Run
from workers.evaluation.verdicts import BAD, Verdict, judge


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One kind of fault; an answer with several counts in the row of each.

    Attributes:
        caught: refused answers that were wrong.
        dangerous: those of them that could have hurt.
        refused_wrongly: refused answers that were right.
    """

    kind: Kind
    caught: int
    dangerous: int
    refused_wrongly: int


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """What the check did in all.

    Attributes:
        rows: for each kind that was found.
        caught: answers that were refused and wrong.
        refused_wrongly: answers that were refused and right.
        slipped: answers that were sent and wrong.
        sent_rightly: answers that were sent and right.
    """

    rows: tuple[CheckRow, ...]
    caught: int
    refused_wrongly: int
    slipped: int
    sent_rightly: int

    @property
    def caught_share(self) -> float | None:
        """Share of the wrong answers that was caught; None where none was wrong."""
        wrong = self.caught + self.slipped
        return self.caught / wrong if wrong else None

    @property
    def wrongly_share(self) -> float | None:
        """Share of the right answers that was refused; None where none was right."""
        right = self.refused_wrongly + self.sent_rightly
        return self.refused_wrongly / right if right else None


def check_figures(run: Run) -> CheckFigures | None:
    """What the check did when the questions were asked first; None where it refused nothing."""
    refused = [
        (set(result.reply.faults), verdict)
        for result in run.results
        if result.reply and (verdict := _of_refused(result, result.reply))
    ]
    if not refused:
        return None
    sent = [result.verdict for result in run.results]
    return CheckFigures(
        rows=tuple(_rows(refused)),
        caught=sum(verdict in BAD for _, verdict in refused),
        refused_wrongly=sum(verdict is Verdict.RIGHT for _, verdict in refused),
        slipped=sum(verdict in BAD for verdict in sent),
        sent_rightly=sent.count(Verdict.RIGHT),
    )


def _rows(refused: list[tuple[set[str], Verdict]]) -> Iterator[CheckRow]:
    for kind in Kind:
        verdicts = [verdict for faults, verdict in refused if kind in faults]
        if verdicts:
            yield CheckRow(
                kind=kind,
                caught=sum(verdict in BAD for verdict in verdicts),
                dangerous=verdicts.count(Verdict.DANGEROUS),
                refused_wrongly=verdicts.count(Verdict.RIGHT),
            )


def _of_refused(result: Result, reply: Reply) -> Verdict | None:
    """The verdict that a refused answer would have got, had it been sent."""
    if not reply.refused:
        return None
    sent = reply.model_copy(update={"status": "answered", "reason": None, "text": reply.refused})
    judgement = judge(result.asked, sent, result.searched.numbers)
    return judgement.verdict if judgement else None
