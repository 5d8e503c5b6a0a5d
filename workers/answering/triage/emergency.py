"""Whether a message tells of an emergency, and of which kind. Pure."""

from collections.abc import Callable, Sequence
from typing import Final

from workers.answering.triage.lists import Match, PhraseList
from workers.answering.triage.message import END

#: Words between a complaint ("estou com") and its sign, at most.
REACH: Final = 4
#: Marks of a phrase that counts whatever else the message speaks of, but for an idiom or a denial.
ALWAYS: Final = 2
#: What is said of the past, or supposed, happens to nobody now.
UNREAL: Final = ("past", "supposed")


def emergency_of(text: str, signs: PhraseList, context: PhraseList) -> str | None:
    """The kind of emergency that a message tells of; None where it tells of none.

    Args:
        text: the message's plain words, joined by spaces, with a space at each end.
        signs: phrases by kind.
        context: what keeps them from being one.
    """
    if not any(True for _ in signs.matches(text)):
        return None
    around = list(context.matches(text))
    spared = [each.span for each in around if each.section == "harmless"]
    around = [each for each in around if each.section != "animal" or not _within(each, spared)]
    for span in spared:
        text = _without(text, span)
    strongest_first = sorted(signs.matches(text), key=lambda each: -each.marks)
    return next((sign.section for sign in strongest_first if _counts(sign, text, around)), None)


def _within(match: Match, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= match.span[0] and match.span[1] <= end for start, end in spans)


def _without(text: str, span: tuple[int, int]) -> str:
    """The text with a phrase's words out of reach, and all else where it was."""
    start, end = span
    return (
        text[:start] + "".join(" " if char == " " else "_" for char in text[start:end]) + text[end:]
    )


def _counts(sign: Match, text: str, around: Sequence[Match]) -> bool:
    def near(section: str, fits: Callable[[Match], bool]) -> bool:
        return any(each.section == section and fits(each) for each in around)

    if near("denied", lambda each: each.span[1] == sign.span[0]):
        return False
    if sign.marks >= ALWAYS:
        return True
    if near("animal", _anywhere):
        return False
    now = near("now", _anywhere)
    complains = near("complaint", lambda each: _leads_to(each, sign, text))
    unreal = any(near(name, lambda each: _in_one_sentence(each, sign, text)) for name in UNREAL)
    if unreal and not (now and complains):  # "já tive infarto, agora estou com dor no peito"
        return False
    return bool(sign.marks) or not near("asking", _anywhere) or now or complains


def _anywhere(_: Match) -> bool:
    return True


def _in_one_sentence(one: Match, other: Match, text: str) -> bool:
    first, second = sorted((one.span, other.span))
    return f" {END} " not in text[first[0] : second[1]]


def _leads_to(complaint: Match, sign: Match, text: str) -> bool:
    """Whether a complaint stands before its sign, with few words between."""
    if complaint.span[0] >= sign.span[0]:
        return False
    between = text[complaint.span[1] : sign.span[0]].split()
    return len(between) <= REACH and END not in between
