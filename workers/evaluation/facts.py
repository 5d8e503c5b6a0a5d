"""Whether an answer says a fact. Pure.

A fact is one or more phrases of which any counts, each whole words in order, compared as
`wording_of` writes them. A phrase that a negation governs is not said: "pode beber" does not stand
in "não pode beber". Words are all that is read, so where they leave it open a fact is not said:
an answer that is right by mistake harms more than one that a person has to read.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import dropwhile, pairwise
from typing import Final

from workers.evaluation.wording import Number, Word, Wording, wording_of

#: One fact: phrases of which any counts.
Fact = Sequence[str]

#: They govern what follows in their clause, and what stands directly before them.
_NOT: Final = frozenset({"nao", "nunca", "jamais", "not", "never", "proibido", "proibida"})
_WITHOUT: Final = frozenset({"sem", "without"})
_NEGATIONS: Final = _NOT | _WITHOUT | frozenset((
    "nem", "tampouco", "ninguem", "nenhum", "nenhuma", "proibidos", "proibidas", "vedado",
    "vedada", "evite", "evitem", "evitar", "evita",
))  # fmt: skip
#: Words up to a phrase in which "sem" governs it, and any negation what must not be missed.
_REACH: Final = 2
#: After a negation these take it back: "não se esqueça de", "não há problema em".
_HARMLESS: Final = frozenset(
    {"esqueca", "esquecer", "deixe", "deixar", "preocupe", "hesite", "problema", "problemas"}
)
#: Words that carry a negation over to an amount: "não são 8 horas", but not "não dirija 8 horas".
_LINKS: Final = frozenset((
    "e", "sao", "era", "foi", "sera", "esta", "precisa", "precisam", "exige", "exigem", "requer",
    "leva", "custa", "custam", "cobra", "cobramos", "dura", "ha", "existe", "necessario",
    "necessaria", "preciso", "obrigatorio", "obrigatoria", "jejum", "is", "are", "takes", "need",
    "needs", "require", "requires",
))  # fmt: skip
#: What is not allowed for an amount: "não é permitido comer por 8 horas" says "8 horas".
_BANS: Final = frozenset(
    {"permitido", "permitida", "recomendado", "recomendada", "indicado", "aconselhavel", "bom"}
)
#: Words that may stand between a phrase and the negation that follows it.
_FILLERS: Final = frozenset({"ainda", "infelizmente", "tambem", "aqui", "hoje", "nos", "ja"})
_ONLY: Final = frozenset({"so", "somente", "apenas", "only"})
_ONLY_WHERE: Final = frozenset({"para", "pra", "em", "no", "na", "nos", "nas", "se", "for", "in"})
#: Beginnings of an answer that confirm the question before it.
_CONFIRMED: Final = frozenset({"sim", "yes", "claro", "pode", "podem", "isso", "certo", "exato"})
_REFUSED: Final = _NOT | frozenset({"no", "nem"})
_PRICED: Final = frozenset({"custa", "custam", "valor", "preco", "cobramos", "sai", "price"})
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
_YES: Final = frozenset({"sim", "yes"})
_MAY: Final = frozenset({"pode", "podem", "may", "can"})
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
    starts = _starts(wording, words)
    if words and words[0].text in _NEGATIONS:
        return any(True for _ in starts)
    return any(not _is_negated(wording, start, words, reach=_REACH) for start in starts)


def denies(text: str, phrase: str) -> bool:
    """Whether the text says the opposite: negated where the phrase is not, or not where it is.

    >>> denies("Sim, pode beber água.", "não pode beber"), denies("Não pode beber.", "pode")
    (True, True)
    """
    wording, words = _wording(text), _wording(phrase).words
    if words and words[0].text in _NEGATIONS:
        begins_with_yes = bool(wording.words) and wording.words[0].text in _YES
        opposites = {phrase.partition(" ")[2], " ".join(word.text for word in words[1:])}
        return begins_with_yes or any(mentions(text, opposite) for opposite in opposites)
    return any(_is_negated(wording, start, words) for start in _starts(wording, words))


def permissions(text: str, question: str) -> list[str]:
    """The phrases of a text that allow what the question asks for.

    >>> permissions("Você pode dirigir de novo.", "Quando posso dirigir?")
    ['pode dirigir']
    """
    wording = _wording(text)
    asked = [word for word in dict.fromkeys(_words(question)) if len(word) >= _LETTERS]
    phrases = [f"{may} {word}" for may in sorted(_MAY) for word in asked]
    yes = [word.text for word in wording.words[:1] if word.text in _YES]
    return [
        *yes,
        *(phrase for phrase in phrases if mentions(text, phrase)),
        *(idiom for idiom in _IDIOMS if _is_free(wording, idiom, asked)),
    ]


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


def _wording(text: str) -> Wording:
    """How a text is compared here: what one must not do, one may not."""
    wording = wording_of(text)
    words = [*wording.words]
    for place, (before, word) in enumerate(pairwise(wording.words), start=1):
        if before.text in _NOT and word.text in _MUST:
            words[place] = word._replace(text=_MUST[word.text])
    return replace(wording, words=tuple(words))


def _is_said(wording: Wording, phrase: Sequence[Word]) -> bool:
    negative = bool(phrase) and phrase[0].text in _NEGATIONS
    if negative and _is_commanded(wording, phrase[-1].text):
        return False
    for start in _starts(wording, phrase):
        last = start + len(phrase) - 1
        if _is_only_asked(wording, last, _NOT if negative else _CONFIRMED):
            continue
        if negative or not (
            _is_negated(wording, start, phrase) or _is_restricted(wording, start, last)
        ):
            return True
    return False


def _starts(wording: Wording, phrase: Sequence[Word]) -> Iterator[int]:
    """Where in the words the phrase begins; money is only what is meant as money."""
    texts, sought = [word.text for word in wording.words], [word.text for word in phrase]
    length = len(sought)
    if not length:
        return
    for start in range(len(texts) - length + 1):
        if texts[start : start + length] == sought and all(
            word.amount != "real" or _is_money(wording, place)
            for place, word in enumerate(phrase, start)
        ):
            yield start


def _is_money(wording: Wording, place: int) -> bool:
    word = wording.words[place]
    before = wording.words[max(0, place - _REACH) : place]
    priced = any(each.text in _PRICED for each in before)
    return word.amount == "real" or (not word.amount and priced)


def _is_negated(
    wording: Wording, start: int, phrase: Sequence[Word], reach: int | None = None
) -> bool:
    """Whether a negation governs the phrase at this place, none further before than the reach."""
    words, last = wording.words, start + len(phrase) - 1
    first = start if reach is None else min(reach, start)
    before = [
        word.text for word in words[start - first : start] if word.clause == words[start].clause
    ]
    return (
        any(
            _governs(word, before[place + 1 :], phrase[0].text)
            for place, word in enumerate(before)
            if word in _NEGATIONS
        )
        or _is_negated_after(wording, last, amount=_is_amount(phrase[0].text))
        or not _REFUSED.isdisjoint(_reply(wording, last)[:1])
    )


def _governs(negation: str, between: Sequence[str], word: str) -> bool:
    """Whether a negation governs a word, by the words between them."""
    if not between:
        return True
    if negation in _WITHOUT and len(between) >= _REACH:
        return False
    head = between[:_REACH]
    if _HARMLESS.intersection(head) and "com" not in between:
        return False
    if _is_amount(word):
        return _links(between) or between in (["faca"], ["fazer"])
    return not (word in _MAY and (_MAY.intersection(between) or between[-1] == "e"))


def _links(between: Sequence[str]) -> bool:
    return (
        between[0] in _LINKS or bool(_LINKS.intersection(between) - {"e"})
    ) and not _BANS.intersection(between)


def _is_amount(word: str) -> bool:
    return word[0].isdigit()


def _is_negated_after(wording: Wording, last: int, *, amount: bool) -> bool:
    """Whether a negation follows directly: "o jejum de 8 horas não é necessário"."""
    clause = wording.words[last].clause
    after = [word.text for word in wording.words[last + 1 :] if word.clause == clause]
    after = [*dropwhile(_FILLERS.__contains__, after)]
    if not after or after[0] not in _NOT:
        return False
    return not amount or len(after) == 1 or _links(after[1 : 1 + _REACH])


def _is_restricted(wording: Wording, start: int, last: int) -> bool:
    """Whether an amount holds for something only: "8 horas só para endoscopia"."""
    after = [word.text for word in wording.words[last + 1 : last + 3]]
    return (
        _is_amount(wording.words[start].text)
        and len(after) == _REACH
        and after[0] in _ONLY
        and after[1] in _ONLY_WHERE
    )


def _reply(wording: Wording, last: int) -> tuple[str, ...]:
    """The words after the question that the word at this place stands in, if in one."""
    clause = wording.words[last].clause
    while wording.pauses[clause : clause + 1] in {(",",), ("(",), (")",)}:
        clause += 1
    if wording.pauses[clause : clause + 1] != ("?",):
        return ()
    return tuple(word.text for word in wording.words[last + 1 :] if word.clause > clause)


def _is_only_asked(wording: Wording, last: int, confirmed: frozenset[str]) -> bool:
    """Whether the word stands in a question that what follows does not confirm."""
    clause = wording.words[last].clause
    asked = wording.pauses[clause : clause + 1] == ("?",)
    return asked and not confirmed.intersection(_reply(wording, last)[:1])


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
    for start in _starts(wording, phrase):
        negative = phrase[0].text in _NEGATIONS
        if not negative and _is_negated(wording, start, phrase, reach=_REACH):
            continue
        clause = wording.words[start].clause
        rest = [each.text for each in wording.words[start + len(phrase) :] if each.clause == clause]
        if not rest or set(asked).intersection(rest):
            return True
    return False
