"""What patients asked and the clinic itself answered then, offered for a review by a person."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from ingestion.folding import fold
from workers.channels.backfill.report.agreement import Agreement, agreement
from workers.channels.backfill.report.personal import answer_alone, flags
from workers.contracts.backfill import BackfillRow, RowResult, RowStatus


class Column(StrEnum):
    """The columns of a file of pairs, in Portuguese: the clinic's people read it."""

    QUESTION = "pergunta"
    ANSWER = "resposta"
    APPROVED = "aprovado"
    ATTENTION = "atencao"
    COMPARED = "comparacao"
    OURS = "resposta_do_atende"
    DOCUMENT = "documento"
    ASKED_AT = "perguntada_em"
    PLACE = "lugar"
    NUMBER = "numero"


class Pair(NamedTuple):
    """A question with the clinic's own later answer.

    Attributes:
        question: as the patient wrote it.
        answer: the clinic's, without the greeting of a patient by name.
        attention: what of it may be personal, in Portuguese words; empty: nothing was seen.
        agreement: whether Atende's answer says the same; None where it gave none.
        ours: Atende's answer; empty where it gave none.
        document: name of the document that ours rests on first.
        asked_at: when the patient asked, Unix seconds.
        place: where it stands in its source.
        row: its number, from 0.
    """

    question: str
    answer: str
    attention: tuple[str, ...]
    agreement: Agreement | None
    ours: str
    document: str
    asked_at: float | None
    place: str
    row: int


def pair_of(row: BackfillRow, result: RowResult) -> Pair | None:
    """The pair in a row; None where the clinic answered nothing then, or nothing was asked."""
    answer = answer_alone(row.later_answer)
    if not answer or not row.question.strip():
        return None
    answered = result.status is RowStatus.ANSWERED and result.reason is None
    ours = result.text if answered else ""
    return Pair(
        question=row.question.strip(),
        answer=answer,
        attention=flags(row.question, answer),
        agreement=agreement(row.question, ours, answer) if ours else None,
        ours=ours,
        document=result.citations[0].document if ours and result.citations else "",
        asked_at=row.asked_at,
        place=row.place,
        row=result.row,
    )


def distinct(pairs: Iterable[Pair]) -> list[Pair]:
    """Each question with the same answer once, in the order of reading."""
    first: dict[tuple[str, str], Pair] = {}
    for pair in pairs:
        first.setdefault((fold(pair.question), fold(pair.answer)), pair)
    return list(first.values())


def by_use(pairs: Sequence[Pair]) -> list[Pair]:
    """Pairs as they are best reviewed: those that Atende did not answer, then answered otherwise.

    Among those alike, pairs without personal data come first.
    """
    order = {None: 0, Agreement.DIFFERS: 1, Agreement.UNCLEAR: 2, Agreement.AGREES: 3}
    return sorted(pairs, key=lambda pair: (order[pair.agreement], len(pair.attention), pair.row))
