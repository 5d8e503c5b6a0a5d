"""What of a sheet answers a question for a whole: its sections, or a table's rows. Pure."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Final

from ingestion.folding import fold
from workers.answering.check.terms import terms
from workers.answering.quoting.broad.asked import GENERAL, Asked
from workers.answering.quoting.broad.intents import (
    NOTICES,
    OFFICE,
    SENTENCES,
    WARNINGS,
    WHOLE,
    WITH_EXCEPTIONS,
    Intent,
)
from workers.answering.quoting.broad.rows import rows_of
from workers.answering.quoting.broad.sheet import Section, Sheet
from workers.answering.sentences import split

#: Most characters of what is said of the clinic: a screen or two of a phone.
LONGEST: Final = 1500
#: The same of what is to be done before or after an exam, and of one table: nothing of these may be
#: left out. A sheet for a colonoscopy has 2,600.
LONGEST_SHEET: Final = 2700


@dataclass(frozen=True)
class Unit:
    """One possible answer.

    Attributes:
        sections: in the order of reading.
        rest: names of the sheet's sections that are not among them.
        extra: stems of the headings that the question did not say: what it is about besides.
        is_titled: whether the sheet's title says that it is about what is asked for.
    """

    sheet: Sheet
    sections: tuple[Section, ...]
    rest: tuple[str, ...]
    extra: frozenset[str]
    is_titled: bool

    @property
    def size(self) -> int:
        """Characters."""
        return len(self.sheet.title) + sum(section.size for section in self.sections)


def unit_of(asked: Asked, sheet: Sheet) -> Unit | None:
    """The part of a sheet that is all that was asked for; None where it is not about that."""
    named = asked.covered(sheet.words)
    rest = asked.subject - named
    if asked.group - named:
        return None
    if asked.intent.of_subject:
        if not asked.subject:
            return None
        return _of_subject(asked, sheet, rest)
    return _of_clinic(asked, sheet, rest)


def is_headed(asked: Asked, sheet: Sheet) -> bool:
    """Whether a sheet's title says that it is about what is asked for."""
    return asked.intent is WHOLE or asked.intent.heads.search(sheet.head) is not None


def fits(unit: Unit, intent: Intent) -> bool:
    """Whether it is as short as a patient reads."""
    must_be_whole = (
        intent.of_subject
        or all(each.is_table for each in unit.sections)
        or (intent in WITH_EXCEPTIONS and not unit.extra)
    )
    return unit.size <= (LONGEST_SHEET if must_be_whole else LONGEST)


def _of_subject(asked: Asked, sheet: Sheet, rest: AbstractSet[str]) -> Unit | None:
    """A sheet of an exam or treatment without what is about another, or about another time."""
    about = [each for each in sheet.sections if rest and rest <= _covered(asked, each)]
    if rest and (not about or asked.intent is WHOLE or rest == asked.subject):
        own = [each for each in about if _says_no_more(asked, each)]
        is_one = is_headed(asked, sheet) and (rest < asked.subject or _is_office(asked, sheet))
        return _unit(asked, sheet, own) if own and is_one else None
    if not is_headed(asked, sheet) and (
        rest or not any(asked.intent.heads.search(each.head) for each in sheet.sections)
    ):
        return None
    # A section "Antes" is not all: who must not come stands in another one.
    others = sheet.words - asked.subject - _named(asked, sheet.words) - _intent_words(asked, sheet)
    # Of two exams that are asked for neither one's sections say more than the other's.
    named = [_covered(asked, each) for each in sheet.sections]
    kept = [
        each
        for each in sheet.sections
        if not (each.words & others and any(_covered(asked, each) < own for own in named))
    ]
    return _unit(asked, sheet, [each for each in kept if _is_of_time(asked.intent, sheet, each)])


def _says_no_more(asked: Asked, section: Section) -> bool:
    """Whether a heading names nothing but what was asked for.

    "Antes de marcar a ressonância" says nothing to somebody who asks how to make an appointment.
    """
    heads = asked.intent.heads if asked.intent is not WHOLE else None
    own = frozenset(
        stem for word in section.head.split() if heads and heads.match(word) for stem in terms(word)
    )
    return section.words <= own | _named(asked, section.words) | asked.subject | GENERAL


def _is_office(asked: Asked, sheet: Sheet) -> bool:
    """Whether a sheet is about the clinic; one of preparations is about its exams."""
    return asked.intent is not WHOLE or OFFICE.search(sheet.head) is not None


def speaks_of(asked: Asked, sheet: Sheet) -> bool:
    """Whether a title or a heading names the subject."""
    return any(
        asked.covered(sheet.words | section.words) == asked.subject for section in sheet.sections
    )


def _of_clinic(asked: Asked, sheet: Sheet, rest: AbstractSet[str]) -> Unit | None:
    """A sheet's sections, or the rows, that list what the clinic has."""
    sections = [each for each in sheet.sections if _is_of_kind(asked.intent, each)]
    headed = [each for each in sections if asked.intent.heads.search(each.head)]
    if not asked.subject and not OFFICE.search(sheet.head):
        return None  # "Horário" in the sheet of the vaccines is theirs
    if rest:
        pool = sections if is_headed(asked, sheet) else headed
        about = [each for each in pool if rest <= _covered(asked, each)]
        return (
            _unit(asked, sheet, _with_notices(sheet, about))
            if about
            else _unit(asked, sheet, _with_notices(sheet, rows_of(asked, pool, rest)))
        )
    if not is_headed(asked, sheet):
        return _unit(asked, sheet, [each for each in headed if _says_no_more(asked, each)])
    return _listed(asked, sheet, headed)


def _listed(asked: Asked, sheet: Sheet, headed: Sequence[Section]) -> Unit | None:
    """A whole sheet that is about nothing else, else its sections that say so in their headings."""
    whole = _unit(asked, sheet, sheet.sections)
    if whole and fits(whole, asked.intent) and (not headed or not whole.extra):
        return whole
    if not headed:
        return _unit(asked, sheet, list(_told(asked.intent, sheet)))
    unit = _unit(asked, sheet, _with_notices(sheet, headed))
    if unit is None or fits(unit, asked.intent):
        return unit
    most = max(len(each.words & asked.said) for each in headed)
    return _unit(asked, sheet, [each for each in headed if len(each.words & asked.said) == most])


def _is_of_kind(intent: Intent, section: Section) -> bool:
    """Whether a section says any of what is asked for: "Unidade Sul" may list its doctors."""
    kind = SENTENCES.get(intent.name)
    return kind is None or any(kind.search(fold(line)) for line in section.lines)


def _told(intent: Intent, sheet: Sheet) -> Iterator[Section]:
    """Of each section the sentences of the kind that is asked for: its hours, its address."""
    kind = SENTENCES.get(intent.name)
    for section in sheet.sections if kind else ():
        lines = [
            " ".join(own)
            for line in section.lines
            if (own := [part for part in _sentences(line) if kind and kind.search(fold(part))])
        ]
        if lines:
            yield replace(section, lines=tuple(lines))


def _sentences(line: str) -> list[str]:
    return [span.of(line) for span in split(line)]


def _with_notices(sheet: Sheet, sections: Sequence[Section]) -> list[Section]:
    """The sections and those of the sheet that restrict them, in the order of reading."""
    whole = set(sections)
    tables = {each.heading: each for each in sections if each.is_table}
    own = (
        each if each in whole else tables.get(each.heading) if each.is_table else None
        for each in sheet.sections
    )
    return [
        chosen or each
        for each, chosen in zip(sheet.sections, own, strict=True)
        if sections and (chosen or NOTICES.search(each.head))
    ]


def _unit(asked: Asked, sheet: Sheet, sections: Sequence[Section]) -> Unit | None:
    if not any(each.heading or each.is_table for each in sections):
        return None
    headings = {each.heading for each in sections}
    rest = tuple(
        dict.fromkeys(each.name for each in sheet.sections if each.heading not in headings)
    )
    words = sheet.words
    if len(sections) == 1:
        words |= sections[0].words
    extra = words - asked.subject - _named(asked, words) - _intent_words(asked, sheet) - GENERAL
    is_titled = is_headed(asked, sheet) and (
        not asked.intent.of_subject or asked.covered(sheet.words) == asked.subject
    )
    return Unit(sheet, tuple(sections), tuple(filter(None, rest)), extra, is_titled)


def _covered(asked: Asked, section: Section) -> frozenset[str]:
    return asked.covered(section.words)


def _named(asked: Asked, words: AbstractSet[str]) -> frozenset[str]:
    """The stems that are other names of the subject."""
    names = [name for own in asked.other_names.values() for name in own if name <= words]
    return frozenset[str]().union(*names)


def _intent_words(asked: Asked, sheet: Sheet) -> frozenset[str]:
    """The stems of titles and headings that say what kind of thing stands there."""
    if asked.intent is WHOLE:
        return frozenset()
    heads = " ".join((sheet.head, *(each.head for each in sheet.sections)))
    return frozenset(
        stem for word in heads.split() if asked.intent.heads.match(word) for stem in terms(word)
    )


def _is_of_time(intent: Intent, sheet: Sheet, section: Section) -> bool:
    """Whether it is about before or after, as asked.

    In a sheet whose title is of the other time only what says so in its heading, and warnings.
    """
    if intent.skips is None:
        return True
    if intent.skips.search(section.head):
        return False
    is_other = intent.skips.search(sheet.head) and not intent.heads.search(sheet.head)
    return not is_other or bool(intent.heads.search(section.head) or WARNINGS.search(section.head))
