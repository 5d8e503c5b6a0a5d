"""Whether an answer says a fact. Pure.

A fact is one or more phrases of which any counts, each whole words in order, compared as
`wording_of` writes them. A phrase that a negation governs is not said: "pode beber" does not stand
in "não pode beber". Words are all that is read, so where they leave it open a fact is not said:
an answer that is right by mistake harms more than one that a person has to read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from workers.answering.wording.negation import (
    MAY,
    NEGATIONS,
    NOT,
    REACH,
    YES,
    is_amount,
    is_negated,
    reply,
    starts,
)
from workers.answering.wording.words import Number, Word, Wording, wording_of

#: One fact: phrases of which any counts.
Fact = Sequence[str]

_ONLY: Final = frozenset({"so", "somente", "apenas", "only"})
_ONLY_WHERE: Final = frozenset({"para", "pra", "em", "no", "na", "nos", "nas", "se", "for", "in"})
#: Beginnings of an answer that confirm the question before it.
_CONFIRMED: Final = frozenset({"sim", "yes", "claro", "pode", "podem", "isso", "certo", "exato"})
#: Phrases that allow whatever they are followed by, or all where nothing follows.
_IDIOMS: Final = (
    "não há problema", "não há nenhum problema", "não tem problema", "sem problema",
    "sem problemas", "liberado", "liberada", "fique à vontade", "pode ficar à vontade", "pode sim",
    "é permitido",
)  # fmt: skip
#: Letters of a verb's stem by which a command is known, and the endings of one.
_STEM: Final = 3
_COMMANDS: Final = ("a", "e", "am", "em")
_LATER: Final = _ONLY | frozenset({"depois", "apos"})
#: After a negation both forbid.
_MUST: Final = {"deve": "pode", "devem": "podem"}
#: Letters of a word that may be what a question asks to do: shorter ones stand everywhere.
_LETTERS: Final = 4


def says(text: str, fact: Fact) -> bool:
    """Whether the text says the fact beyond doubt."""
    wording = _wording(text)
    return any(_is_said(wording, _wording(phrase).words) for phrase in fact)


def mentions(text: str, phrase: str) -> bool:
    """Whether the text may say what it must not: only a negation close by takes it back.

    >>> says("Não coma nas 12 horas antes.", ["12 h"]), mentions("Não quebre as 12 horas.", "12 h")
    (True, True)
    """
    wording, words = _wording(text), _wording(phrase).words
    places = starts(wording, words)
    if words and words[0].text in NEGATIONS:
        return any(True for _ in places)
    return any(not is_negated(wording, start, words, reach=REACH) for start in places)


def denies(text: str, phrase: str) -> bool:
    """Whether the text says the opposite: negated where the phrase is not, or not where it is.

    >>> denies("Sim, pode beber água.", "não pode beber"), denies("Não pode beber.", "pode")
    (True, True)
    """
    wording, words = _wording(text), _wording(phrase).words
    if words and words[0].text in NEGATIONS:
        begins_with_yes = bool(wording.words) and wording.words[0].text in YES
        opposites = {phrase.partition(" ")[2], " ".join(word.text for word in words[1:])}
        return begins_with_yes or any(mentions(text, opposite) for opposite in opposites)
    return any(is_negated(wording, start, words) for start in starts(wording, words))


def permissions(text: str, question: str) -> list[str]:
    """The phrases of a text that allow what the question asks for.

    >>> permissions("Você pode dirigir de novo.", "Quando posso dirigir?")
    ['pode dirigir']
    """
    wording = _wording(text)
    asked = [word for word in dict.fromkeys(_words(question)) if len(word) >= _LETTERS]
    phrases = [f"{may} {word}" for may in sorted(MAY) for word in asked]
    yes = [word.text for word in wording.words[:1] if word.text in YES]
    return [
        *yes,
        *(phrase for phrase in phrases if mentions(text, phrase)),
        *(idiom for idiom in _IDIOMS if _is_free(wording, idiom, asked)),
    ]


def grants(fact: Fact) -> bool:
    """Whether a fact allows something."""
    return any(word in MAY | YES for phrase in fact for word in _words(phrase)[:1])


def unsupported(text: str, sources: Iterable[Number]) -> list[Number]:
    """The numbers of a text that none of the sources holds, in order of value."""
    known = list(sources)
    numbers = wording_of(text).numbers
    return sorted(
        number for number in numbers if not any(number.agrees(source) for source in known)
    )


def _words(phrase: str) -> tuple[str, ...]:
    return tuple(word.text for word in wording_of(phrase).words)


def _wording(text: str) -> Wording:
    """How a text is compared here: what one must not do, one may not."""
    wording = wording_of(text)
    words = [*wording.words]
    for place, (before, word) in enumerate(pairwise(wording.words), start=1):
        if before.text in NOT and word.text in _MUST:
            words[place] = word._replace(text=_MUST[word.text])
    return replace(wording, words=tuple(words))


def _is_said(wording: Wording, phrase: Sequence[Word]) -> bool:
    negative = bool(phrase) and phrase[0].text in NEGATIONS
    if negative and _is_commanded(wording, phrase[-1].text):
        return False
    for start in starts(wording, phrase):
        last = start + len(phrase) - 1
        if _is_only_asked(wording, last, NOT if negative else _CONFIRMED):
            continue
        if negative or not (
            is_negated(wording, start, phrase) or _is_restricted(wording, start, last)
        ):
            return True
    return False


def _is_restricted(wording: Wording, start: int, last: int) -> bool:
    """Whether an amount holds for something only: "8 horas só para endoscopia"."""
    after = [word.text for word in wording.words[last + 1 : last + 3]]
    return (
        is_amount(wording.words[start].text)
        and len(after) == REACH
        and after[0] in _ONLY
        and after[1] in _ONLY_WHERE
    )


def _is_only_asked(wording: Wording, last: int, confirmed: frozenset[str]) -> bool:
    """Whether the word stands in a question that what follows does not confirm."""
    clause = wording.words[last].clause
    asked = wording.pauses[clause : clause + 1] == ("?",)
    return asked and reply(wording, last) not in confirmed


def _is_commanded(wording: Wording, verb: str) -> bool:
    """Whether a clause begins with a command to do what the verb, an infinitive, names."""
    stem = verb[:-2]
    if verb[-2:] not in {"ar", "er", "ir"} or len(stem) < _STEM:
        return False
    commands = {stem + ending for ending in _COMMANDS}
    words = wording.words
    return any(
        word.text in commands
        and (not place or words[place - 1].clause != word.clause)
        and not _LATER.intersection(each.text for each in words[place + 1 : place + 2])
        for place, word in enumerate(words)
    )


def _is_free(wording: Wording, idiom: str, asked: Sequence[str]) -> bool:
    """Whether an idiom allows what was asked: it is followed by that, or by nothing."""
    phrase = wording_of(idiom).words
    for start in starts(wording, phrase):
        negative = phrase[0].text in NEGATIONS
        if not negative and is_negated(wording, start, phrase, reach=REACH):
            continue
        clause = wording.words[start].clause
        rest = [each.text for each in wording.words[start + len(phrase) :] if each.clause == clause]
        if not rest or set(asked).intersection(rest):
            return True
    return False
