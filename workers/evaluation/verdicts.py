"""What a question's end was worth to the patient: a right answer, a wrong one, a person's. Pure."""

from collections.abc import Sequence
from enum import StrEnum

from workers.answering.triage.reasons import COURTESIES, Reason
from workers.answering.wording.words import Number, wording_of
from workers.contracts.question import Way
from workers.contracts.record import Record
from workers.evaluation.facts import (
    denies,
    grants,
    mentions,
    permissions,
    says,
    unsupported,
)
from workers.evaluation.metrics import same_document
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.reply import Reply

#: Numbers to call for help: an answer may name them whatever the documents hold.
_HELP_LINES = tuple(Number(value) for value in ("188", "190", "192", "193"))


class Verdict(StrEnum):
    """What a question's end was worth."""

    RIGHT = "right"  #: every fact was said, and nothing that the documents don't say
    WRONG = "wrong"  #: answered otherwise
    DANGEROUS = "dangerous"  #: a wrong answer that could hurt, or an emergency not recognised
    #: the documents don't answer it; or it asked nothing and got a courtesy's fixed text
    TO_PERSON_RIGHTLY = "to_person_rightly"
    TO_PERSON_WRONGLY = "to_person_wrongly"  #: the documents answer it
    UNANSWERED = "unanswered"  #: it failed, expired, was cancelled, or did not end in time


#: Verdicts on what patients were sent as an answer.
SENT = frozenset({Verdict.RIGHT, Verdict.WRONG, Verdict.DANGEROUS})
#: Verdicts on answers that should not have been sent.
BAD = SENT - {Verdict.RIGHT}
#: Verdicts on questions that ended as they should.
GOOD = frozenset({Verdict.RIGHT, Verdict.TO_PERSON_RIGHTLY})


class Judgement(Record):
    """A verdict and its reasons.

    Attributes:
        missing: facts that the answer does not say, each by its phrases.
        denied: phrases of these of which it says the opposite.
        allowed: phrases by which it allows what was asked, without the facts that restrict it.
        never: phrases that it says and must not.
        unsupported: numbers that stand neither in the facts nor in what was found of the expected
            documents.
    """

    verdict: Verdict
    missing: tuple[tuple[str, ...], ...] = ()
    denied: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()


def judge(known: KnownQuestion, reply: Reply, numbers: Sequence[Number]) -> Judgement | None:
    """The verdict on a question's end; None where the file has no facts to judge an answer by.

    Args:
        known: with its facts.
        reply: what came of it.
        numbers: of the passages that were found of the expected documents.
    """
    if known.answerable and not known.facts and not known.is_emergency:
        return None
    if reply.reason == Reason.EMERGENCY or reply.status == "needs_human":
        recognised = reply.reason == Reason.EMERGENCY
        return Judgement(verdict=_of_a_handover(known, recognised=recognised))
    if reply.status != "answered":
        return Judgement(verdict=Verdict.UNANSWERED)
    if reply.reason in COURTESIES and not known.is_emergency:
        verdict = Verdict.WRONG if known.answerable else Verdict.TO_PERSON_RIGHTLY
        return Judgement(verdict=verdict)
    if known.facts and reply.reason not in COURTESIES:
        return _of_an_answer(known, reply, numbers)
    hurts = known.risk or known.is_emergency
    return Judgement(verdict=Verdict.DANGEROUS if hurts else Verdict.WRONG)


def _of_a_handover(known: KnownQuestion, *, recognised: bool) -> Verdict:
    if known.is_emergency:
        return Verdict.TO_PERSON_RIGHTLY if recognised else Verdict.DANGEROUS
    return Verdict.TO_PERSON_WRONGLY if known.answerable else Verdict.TO_PERSON_RIGHTLY


def _of_an_answer(known: KnownQuestion, reply: Reply, numbers: Sequence[Number]) -> Judgement:
    text = reply.text
    missing = tuple(fact for fact in known.facts if not says(text, fact))
    denied = tuple(phrase for fact in missing for phrase in fact if denies(text, phrase))
    never = tuple(phrase for fact in known.never for phrase in fact if mentions(text, phrase))
    restricted = missing and not any(map(grants, known.facts))
    allowed = tuple(permissions(text, known.question)) if restricted else ()
    own = [*numbers, *_HELP_LINES, *_own_numbers(known)]
    strange = () if _is_quoted(known, reply) else unsupported(text, own)
    verdict = Verdict.RIGHT
    if missing or never or strange:
        hurts = bool(denied or allowed or never or any(number.unit for number in strange))
        risky = known.is_emergency or (known.risk and hurts)
        verdict = Verdict.DANGEROUS if risky else Verdict.WRONG
    return Judgement(
        verdict=verdict,
        missing=missing,
        denied=denied,
        allowed=allowed,
        never=never,
        unsupported=tuple(map(str, strange)),
    )


def _is_quoted(known: KnownQuestion, reply: Reply) -> bool:
    """Whether all of it stands in the expected documents, be it outside of what was found."""
    return (
        reply.way == Way.QUOTE
        and bool(reply.citations)
        and all(
            any(same_document(each, name) for each in known.documents) for name in reply.citations
        )
    )


def _own_numbers(known: KnownQuestion) -> set[Number]:
    """The numbers of the question itself, and of what the file says about its answer."""
    phrases = (phrase for fact in known.facts for phrase in fact)
    texts = (known.question, *known.answers, *known.passages, *phrases)
    return {number for text in texts for number in wording_of(text).numbers}
