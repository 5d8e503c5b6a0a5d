"""Whether an answer says a fact. Pure.

A fact is one or more phrases of which any counts, each whole words in order, compared as
`wording_of` writes them. A phrase that a negation governs is not said: "pode beber" does not stand
in "não pode beber".
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from workers.evaluation.wording import Number, Wording, wording_of

#: One fact: phrases of which any counts.
Fact = Sequence[str]

_NEGATIONS: Final = frozenset({"nao", "nem", "nunca", "jamais", "sem", "not", "never", "without"})
#: Words before a phrase in which a negation governs it.
_REACH: Final = 2
#: Verbs that carry a negation over to a number: "não são 8 horas", but not "não dirija 8 horas".
_LINKS: Final = frozenset({"e", "sao", "precisa", "exige", "leva", "custa", "dura", "is", "takes"})
_YES: Final = frozenset({"sim", "yes"})
_MAY: Final = frozenset({"pode", "podem", "may", "can"})
#: Letters of a word that may be what a question asks to do: shorter ones stand everywhere.
_LETTERS: Final = 4


def says(text: str, fact: Fact) -> bool:
    """Whether the text says the fact."""
    wording = wording_of(text)
    return any(_is_said(wording, _words(phrase)) for phrase in fact)


def denies(text: str, phrase: str) -> bool:
    """Whether the text says the opposite: negated where the phrase is not, or not where it is.

    >>> denies("Sim, pode beber água.", "não pode beber"), denies("Não pode beber.", "pode")
    (True, True)
    """
    wording, words = wording_of(text), _words(phrase)
    if words and words[0] in _NEGATIONS:
        begins_with_yes = bool(wording.words) and wording.words[0].text in _YES
        return begins_with_yes or _is_said(wording, words[1:])
    return any(_is_negated(wording, start) for start in _starts(wording, words))


def permissions(text: str, question: str) -> list[str]:
    """The phrases of a text that allow what the question asks for.

    >>> permissions("Você pode dirigir de novo.", "Quando posso dirigir?")
    ['pode dirigir']
    """
    wording = wording_of(text)
    asked = [word for word in dict.fromkeys(_words(question)) if len(word) >= _LETTERS]
    phrases = [f"{may} {word}" for may in sorted(_MAY) for word in asked]
    yes = [word.text for word in wording.words[:1] if word.text in _YES]
    return yes + [phrase for phrase in phrases if says(text, [phrase])]


def grants(fact: Fact) -> bool:
    """Whether a fact allows something."""
    return any(word in _MAY | _YES for phrase in fact for word in _words(phrase)[:1])


def unsupported(text: str, sources: Iterable[Number]) -> list[Number]:
    """The numbers of a text that none of the sources holds, in order of value."""
    known = list(sources)
    numbers = wording_of(text).numbers
    return sorted(
        number for number in numbers if not any(number.agrees(source) for source in known)
    )


def _words(phrase: str) -> tuple[str, ...]:
    return tuple(word.text for word in wording_of(phrase).words)


def _is_said(wording: Wording, phrase: Sequence[str]) -> bool:
    starts = _starts(wording, phrase)
    if phrase and phrase[0] in _NEGATIONS:
        return any(True for _ in starts)
    return any(not _is_negated(wording, start) for start in starts)


def _starts(wording: Wording, phrase: Sequence[str]) -> Iterator[int]:
    """Where in the words the phrase begins."""
    texts = [word.text for word in wording.words]
    length = len(phrase)
    if not length:
        return
    for start in range(len(texts) - length + 1):
        if texts[start : start + length] == list(phrase):
            yield start


def _is_negated(wording: Wording, start: int) -> bool:
    """Whether a negation of the same clause governs the word at this place."""
    word = wording.words[start]
    before = [
        each.text
        for each in wording.words[max(0, start - _REACH) : start]
        if each.clause == word.clause
    ]
    if before and before[-1] in _NEGATIONS:
        return True
    reaches = bool(before) and (not word.text[0].isdigit() or before[-1] in _LINKS)
    return reaches and before[0] in _NEGATIONS
