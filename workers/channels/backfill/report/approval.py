"""Reviewed pairs become a document of pairs to ingest, and known questions to evaluate."""

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

from ingestion.folding import fold
from workers.channels.backfill.report.agreement import Agreement
from workers.channels.backfill.report.errors import PairsError
from workers.channels.backfill.report.pairs import Column
from workers.channels.backfill.report.pairs_file import ReviewedPair, reviewed
from workers.contracts.result_lines import MARK, csv_line, guarded

#: How an answer begins that would begin as a formula does: patients read it.
_HARMLESS: Final = (("- ", "• "), ("-", "→ -"), ("=", "→ ="), ("+", "→ +"), ("@", "→ @"))


class Approval(NamedTuple):
    """What came of a reviewed file.

    Attributes:
        pairs: how many were approved.
        faq: the document: CSV of `pergunta` and `resposta`, which ingestion reads as pairs.
        known: known questions as JSON lines, which `atende evaluate` reads.
        flagged: lines that were approved although they may hold personal data.
        problems: lines that were left out, and why, for the user.
    """

    pairs: int
    faq: bytes
    known: bytes
    flagged: tuple[int, ...]
    problems: tuple[str, ...]


def approve(data: bytes, document: str) -> Approval:
    """Take the approved rows of a reviewed file of pairs.

    A question that is approved twice is taken once, with the first answer.

    Args:
        data: the file.
        document: the name that the document of pairs will have, e.g. `perguntas-aprovadas.csv`:
            known questions name it.

    Raises:
        PairsError: it is no such file, or nothing in it is approved.
    """
    approved: dict[str, ReviewedPair] = {}
    problems = []
    for pair in reviewed(data):
        problem = _problem(pair, approved)
        if problem:
            problems.append(f"line {pair.line}: {problem}")
        elif pair.approved:
            approved[fold(pair.question)] = pair
    if not approved:
        reasons = (
            f" {len(problems)} lines have a problem, the first is {problems[0]}."
            if problems
            else ""
        )
        raise PairsError(
            f"No pair is approved.{reasons} Nothing was written. Write `sim` in the column "
            "`aprovado` of each pair that everybody may read, and save the file as CSV."
        )
    pairs = list(approved.values())
    return Approval(
        pairs=len(pairs),
        faq=_faq(pairs),
        known=_known(pairs, document),
        flagged=tuple(pair.line for pair in pairs if pair.attention),
        problems=tuple(problems),
    )


def _problem(pair: ReviewedPair, approved: dict[str, ReviewedPair]) -> str:
    """Why a row is left out; empty where nothing is wrong with it."""
    if pair.approved is None:
        return "`aprovado` says neither `sim` nor `não`"
    if not pair.approved:
        return ""
    if not pair.question or not pair.answer:
        return "it is approved, and its question or answer is empty"
    other = approved.get(fold(pair.question))
    if other and fold(other.answer) != fold(pair.answer):
        return f"line {other.line} answers the same question otherwise, and was taken"
    return ""


def _faq(pairs: Sequence[ReviewedPair]) -> bytes:
    lines = [csv_line([_plain(pair.question), _plain(pair.answer)]) for pair in pairs]
    return b"".join([MARK, csv_line([Column.QUESTION, Column.ANSWER]), *lines])


def _plain(text: str) -> str:
    """A cell that no spreadsheet runs, and that patients may read as it stands."""
    text = text.replace("\t", " ").strip()
    for active, harmless in _HARMLESS:
        if text.startswith(active):
            return guarded(harmless + text.removeprefix(active))
    return guarded(text)


def _known(pairs: Sequence[ReviewedPair], document: str) -> bytes:
    """Where Atende's answer agreed, its document should be found; else the document of pairs."""
    lines = [
        {
            "id": f"a{number:03}",
            "question": pair.question,
            "document": [
                pair.document if pair.agreement == Agreement.AGREES and pair.document else document
            ],
            "answer": [pair.answer],
        }
        for number, pair in enumerate(pairs, 1)
    ]
    return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode()
