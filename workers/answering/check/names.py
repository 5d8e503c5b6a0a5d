"""Names of people, plans, places and exams: each must stand in a passage."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.subject import term_words
from ingestion.knowledge.search.vocabulary import vocabulary
from ingestion.knowledge.words import dictionary_words
from workers.answering.check.fault import Fault, Kind

_WORD: Final = re.compile(r"[^\W\d_][\w'-]*")
_TITLED: Final = re.compile(
    r"\b(?i:dr|dra|doutora?|prof|profa|enf)\.?\s+([A-ZÀ-Ý][\w'-]+(?:\s(?:d[aeo]s?\s)?[A-ZÀ-Ý][\w'-]+)*)"
)
#: Capitalised words that name nothing of the clinic's, folded.
_COMMON: Final = frozenset((
    "sim", "nao", "voce", "sua", "seu", "o", "a", "para", "se", "deus", "brasil", "whatsapp",
    "pix", "cpf", "rg", "sus", "samu", "natal", "ano", "novo", "segunda", "terca", "quarta",
    "quinta", "sexta", "sabado", "domingo", "feira", "dr", "dra", "i", "clinica", "unidade",
    "plano", "convenio", "hospital", "monday", "tuesday", "wednesday", "thursday", "friday",
    "saturday", "sunday", "janeiro", "fevereiro", "marco", "abril", "maio", "junho", "julho",
    "agosto", "setembro", "outubro", "novembro", "dezembro", "january", "february", "march",
    "april", "may", "june", "july", "august", "september", "october", "november", "december",
))  # fmt: skip
_OPENS: Final = re.compile(r"(?:^|[.!?:\n•]|\d[.)])[\s\"“(*-]*$")


def name_faults(answer: str, passages: Sequence[Passage]) -> Iterator[Fault]:
    """Names of the answer that no passage holds."""
    known = known_words(passages)
    for match in _WORD.finditer(answer):
        if _is_name(match, answer) and not _is_known(match.group(), known):
            yield Fault(Kind.NAME, match.group())
    for match in _TITLED.finditer(answer):
        if not _stands_together(match[1], passages):
            yield Fault(Kind.NAME, match.group().strip())
    for word in sorted(_exam_words(answer)):
        if not (_alike(word) & _lemmas(passages)):
            yield Fault(Kind.NAME, word)


def subjects_of(text: str) -> frozenset[str]:
    """The exams and treatments that a text names, each with its other names."""
    return frozenset(other for word in _exam_words(text) for other in _alike(word))


def _exam_words(text: str) -> frozenset[str]:
    return dictionary_words(text) & term_words()


def known_words(passages: Sequence[Passage]) -> frozenset[str]:
    """Every folded word of the passages, their titles and headings."""
    return frozenset[str]().union(*(_folded(text_of(each)) for each in passages))


def text_of(passage: Passage) -> str:
    """All that is shown of a passage."""
    return "\n".join((passage.title, *passage.heading, passage.text))


@lru_cache(maxsize=4096)
def _folded(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(fold(text)))


def _lemmas(passages: Sequence[Passage]) -> frozenset[str]:
    return frozenset[str]().union(*(dictionary_words(text_of(each)) for each in passages))


def _is_name(match: re.Match[str], answer: str) -> bool:
    """Whether a word is a name by its capital: not the first of a sentence."""
    word = match.group()
    return (
        word[0].isupper()
        and len(word) > 1
        and fold(word) not in _COMMON
        and not _OPENS.search(answer[: match.start()])
    )


def _is_known(word: str, known: frozenset[str]) -> bool:
    folded = fold(word)
    return folded in known or all(part in known for part in folded.split("-"))


def _stands_together(name: str, passages: Sequence[Passage]) -> bool:
    words = " ".join(_WORD.findall(fold(name)))
    return any(words in " ".join(_WORD.findall(fold(text_of(each)))) for each in passages)


@lru_cache(maxsize=4096)
def _alike(word: str) -> frozenset[str]:
    """A word of an exam's name with those of its other names: "ultrassom", "ultrassonografia"."""
    return frozenset({word}) | _groups().get(word, frozenset())


@cache
def _groups() -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for names, terms in vocabulary():
        words = dictionary_words(" ".join((*names, *terms)))
        single = {fold(name) for name in names if name.isalpha()}
        for word in words & term_words():
            groups.setdefault(word, set()).update(words & term_words() | single)
    return {word: frozenset(others) for word, others in groups.items()}
