"""What a group of questions is about, in the words that its patients use. Pure.

The words that are frequent in the group and rare among the other questions name it: TF-IDF with a
group in the place of a document (Grootendorst 2022, "BERTopic", section 3.3).
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from ingestion.folding import fold
from workers.answering.check.terms import stem
from workers.answering.quoting.kinds import CLOCK, CONTACT, PERSON, PLACE, PRICE, TIME, AnswerKind

#: Words of the longest name.
_LONGEST: Final = 4
#: Share of a group's questions that must have the words of its first name, and of its second.
_LEAST: Final = (0.35, 0.6)
#: Share of a group's questions that must ask for something for it to be said.
_ASKED: Final = 0.5
_WORD: Final = re.compile(r"[^\W\d_][\w-]*")
#: Stems of words that say how something is asked, not what about.
_ASKING: Final = frozenset(
    map(
        stem,
        ("saber", "gostar", "ver", "marcar", "existir", "quantos", "aceitar", "abrir", "chegar"),
    )
)
#: Those that say too little alone.
_VAGUE: Final = frozenset(
    map(
        stem,
        (
            *("exame", "consulta", "tempo", "manhã", "semana", "mês", "ano", "médico"),
            *(
                "procedimento",
                "doutora",
                "mãe",
                "pai",
                "filho",
                "filha",
                "marido",
                "ok",
                "obrigada",
            ),
        ),
    )
)
#: What a question about time asks for: of what, only its words say.
DURATION: Final = "prazo ou duração"
_ASKS: Final[Mapping[str, AnswerKind]] = {
    "preço": PRICE,
    DURATION: TIME,
    "dias e horários": CLOCK,
    "endereço": PLACE,
    "contato": CONTACT,
    "quem atende": PERSON,
}


class _Name(NamedTuple):
    """Words in a row, as they are compared, and as they were written."""

    stems: tuple[str, ...]
    words: str


class Vocabulary:
    """In how many of all questions each name stands.

    Args:
        questions: all of them, of every group and of none.
    """

    def __init__(self, questions: Sequence[str]) -> None:
        self._total = len(questions)
        self._frequency = Counter(
            stems for question in questions for stems in {name.stems for name in _names(question)}
        )

    def rarity(self, stems: tuple[str, ...]) -> float:
        """How much a name tells apart, above 0."""
        return math.log((1 + self._total) / (1 + self._frequency[stems])) + 0.1


def topic(
    questions: Sequence[str], counts: Sequence[int], vocabulary: Vocabulary
) -> tuple[str, ...]:
    """What a group is about, two names at most; none where it shares no word that says something.

    Args:
        questions: of the group.
        counts: how often each was asked.
        vocabulary: of all questions.
    """
    weights: Counter[tuple[str, ...]] = Counter()
    forms: dict[tuple[str, ...], Counter[str]] = {}
    for question, count in zip(questions, counts, strict=True):
        names = {name.stems: name.words for name in _names(question)}
        for stems, words in names.items():
            weights[stems] += count
            forms.setdefault(stems, Counter())[words] += count
    scores = {
        stems: weight * vocabulary.rarity(stems) * math.sqrt(len(stems))
        for stems, weight in weights.items()
    }
    chosen: list[tuple[str, ...]] = []
    for stems in sorted(scores, key=lambda each: (-scores[each], each)):
        others = {stem for other in chosen for stem in other}
        if (
            len(chosen) < len(_LEAST)
            and weights[stems] >= _LEAST[len(chosen)] * sum(counts)
            and not others & set(stems)
        ):
            chosen.append(stems)
    return tuple(_form(forms[stems]) for stems in chosen)


def asked(questions: Sequence[str], counts: Sequence[int]) -> tuple[str, ...]:
    """The kinds of things that a group asks for, in Portuguese; two at most."""
    shares = {
        name: sum(
            count
            for question, count in zip(questions, counts, strict=True)
            if kind.asks.search(fold(question))
        )
        / sum(counts)
        for name, kind in _ASKS.items()
    }
    names = sorted(shares, key=lambda name: -shares[name])
    return tuple(name for name in names if shares[name] >= _ASKED)[:2]


def _names(question: str) -> Iterator[_Name]:
    """Runs of words that begin and end with one that says something."""
    for clause in re.split(r"[.,;:!?()\n]", question.lower()):
        words = _WORD.findall(clause)
        stems = ["" if (own := stem(word)) in _ASKING else own for word in words]
        for first, _ in enumerate(words):
            for last in range(first, min(first + _LONGEST, len(words))):
                run = stems[first : last + 1]
                if stems[first] and stems[last] and _says_something(run):
                    yield _Name(tuple(filter(None, run)), " ".join(words[first : last + 1]))


def _says_something(stems: Sequence[str]) -> bool:
    """Whether at most one word in a row is empty: "exame de sangue", and neither "exame" alone."""
    own = {stem for stem in stems if stem}
    return not own <= _VAGUE and all(one or other for one, other in pairwise(stems))


def _form(forms: Counter[str]) -> str:
    """The form that is written most; of two alike the one with accents."""
    return max(forms, key=lambda words: (forms[words], words != fold(words), words))
