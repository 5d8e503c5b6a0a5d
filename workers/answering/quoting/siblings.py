"""Whether a candidate speaks of another thing of the kind that was asked for. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from ingestion.folding import fold
from workers.answering.quoting.candidates import Candidate
from workers.answering.quoting.features import content
from workers.answering.quoting.kinds import PERSON
from workers.answering.sentences import Kind

#: Words that ask for a price and are no part of what has it, as `content` gives them.
_PRICING: Final = frozenset((
    "custar", "valor", "preco", "sair", "ficar", "cobrar", "pagar", "valer", "taxa", "pelar",
    "real", "price", "cost", "much",
))  # fmt: skip
#: Asks for people by their profession, folded.
_WHO: Final = re.compile(
    r"\b(?:qual|quais|which) (?:sao |e )?(?:os |as |o |a )?(?:medic[oa]s?|doutor[ae]?s?|dra?s?|"
    r"profission\w+|dentistas?|especialistas?|psicolog[oa]s?|fonoaudiolog[oa]s?|enfermeir[oa]s?|"
    r"\w+(?:logistas?|iatras?|pedistas?|peutas?|cionistas?)|doctors?|dentists?)\b"
)


def is_beside(question: str, best: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether a candidate is no answer, because it is a sibling's or says not who.

    Of gesso comum to somebody who asked for gesso sintético, where there is one; one of several
    consultations to somebody who asked for the consultation; "com a odontopediatra" to "quais
    dentistas".

    Args:
        question: as it was searched.
        best: what was picked of the candidates.
        candidates: all of them.
    """
    if _WHO.search(fold(question)) and not PERSON.answers.search(fold(best.text)):
        return True
    asked, own = content(question) - _PRICING, _name(best)
    others = [each for each in candidates if _name(each) != own]
    if _is_named_better(asked, best, others):
        return True
    rows = [each for each in others if each.span.kind is Kind.ROW]
    return best.span.kind is Kind.ROW and _is_one_of(asked, best, rows)


def _is_named_better(asked: frozenset[str], best: Candidate, others: Sequence[Candidate]) -> bool:
    """Whether another one's name says all that this one's does, and more of what was asked for."""
    own, words = _name(best), content(best.indexed)
    named = asked & own
    return bool(named and own - asked) and any(
        named <= name and (asked & name) - words for name in map(_name, others)
    )


def _is_one_of(asked: frozenset[str], best: Candidate, rows: Sequence[Candidate]) -> bool:
    """Whether several rows of its table bear the name that was asked for, each with more to it.

    Or others do and this one does not: a "teleconsulta" is none of the consultations.
    """
    own = _name(best)
    names = [_name(each) for each in rows if each.passage.document == best.passage.document]
    is_named = asked <= own and own - asked
    is_foreign = not asked & content(best.indexed)
    return bool(asked and (is_named or is_foreign)) and any(asked <= name for name in names)


def _name(candidate: Candidate) -> frozenset[str]:
    """The words of a row's first cell, or of the innermost heading."""
    if candidate.span.kind is Kind.ROW:
        return content(candidate.text.partition(";")[0].rpartition(": ")[2])
    return content(candidate.heading.rpartition(" \u2013 ")[2])
