"""What a negation governs in a text. Pure."""

from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice
from typing import Final

from workers.answering.wording.words import Word, Wording

#: They govern what follows in their clause, and what stands directly before them.
NOT: Final = frozenset({"nao", "nunca", "jamais", "not", "never", "proibido", "proibida"})
_WITHOUT: Final = frozenset({"sem", "without"})
NEGATIONS: Final = NOT | _WITHOUT | frozenset((
    "nem", "tampouco", "ninguem", "nenhum", "nenhuma", "proibidos", "proibidas", "vedado",
    "vedada", "evite", "evitem", "evitar", "evita",
))  # fmt: skip
#: Words up to a phrase in which "sem" governs it, and any negation what must not be missed.
REACH: Final = 2
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
_REFUSED: Final = NOT | frozenset({"no", "nem"})
_PRICED: Final = frozenset({"custa", "custam", "valor", "preco", "cobramos", "sai", "price"})
YES: Final = frozenset({"sim", "yes"})
MAY: Final = frozenset({"pode", "podem", "may", "can"})


def starts(wording: Wording, phrase: Sequence[Word]) -> Iterator[int]:
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
    before = wording.words[max(0, place - REACH) : place]
    priced = any(each.text in _PRICED for each in before)
    return word.amount == "real" or (not word.amount and priced)


def is_negated(
    wording: Wording, start: int, phrase: Sequence[Word], reach: int | None = None
) -> bool:
    """Whether a negation governs the phrase at this place, none further before than the reach."""
    words, first, clause = wording.words, start, wording.words[start].clause
    least = 0 if reach is None else max(0, start - reach)
    while first > least and words[first - 1].clause == clause:
        first -= 1
    before = [word.text for word in words[first:start]]
    negations = [place for place, word in enumerate(before) if word in NEGATIONS]
    word, last = phrase[0].text, start + len(phrase) - 1
    return _is_governed(before, negations, word) or _is_denied_later(wording, last, word)


def negated_words(wording: Wording) -> list[bool]:
    """Of each word whether a negation governs it, in one pass."""
    result: list[bool] = []
    before: list[str] = []
    negations: list[int] = []
    for place, word in enumerate(wording.words):
        if place and word.clause != wording.words[place - 1].clause:
            before, negations = [], []
        governed = bool(negations) and _is_governed(before, negations, word.text)
        result.append(governed or _is_denied_later(wording, place, word.text))
        if word.text in NEGATIONS:
            negations.append(len(before))
        before.append(word.text)
    return result


def _is_governed(before: Sequence[str], negations: Sequence[int], word: str) -> bool:
    """Whether one of the negations before a word, in its clause, governs it."""
    return any(_governs(before[place], before[place + 1 :], word) for place in negations)


def _is_denied_later(wording: Wording, last: int, word: str) -> bool:
    """Whether what follows denies a word, in its clause or as the reply to a question."""
    return (
        _is_negated_after(wording, last, amount=is_amount(word)) or reply(wording, last) in _REFUSED
    )


def _governs(negation: str, between: Sequence[str], word: str) -> bool:
    """Whether a negation governs a word, by the words between them."""
    if not between:
        return True
    if negation in _WITHOUT and len(between) >= REACH:
        return False
    head = between[:REACH]
    if _HARMLESS.intersection(head) and "com" not in between:
        return False
    if is_amount(word):
        return _links(between) or between in (["faca"], ["fazer"])
    return not (word in MAY and (MAY.intersection(between) or between[-1] == "e"))


def _links(between: Sequence[str]) -> bool:
    return (
        between[0] in _LINKS or bool(_LINKS.intersection(between) - {"e"})
    ) and not _BANS.intersection(between)


def is_amount(word: str) -> bool:
    """Whether a word is a number."""
    return word[0].isdigit()


def _is_negated_after(wording: Wording, last: int, *, amount: bool) -> bool:
    """Whether a negation follows directly: "o jejum de 8 horas não é necessário"."""
    following = dropwhile(_FILLERS.__contains__, _following(wording.words, last))
    after = [*islice(following, 1 + REACH)]
    if not after or after[0] not in NOT:
        return False
    return not amount or len(after) == 1 or _links(after[1:])


def _following(words: Sequence[Word], last: int) -> Iterator[str]:
    """What stands after a word in its clause."""
    for place in range(last + 1, len(words)):
        if words[place].clause != words[last].clause:
            return
        yield words[place].text


def reply(wording: Wording, last: int) -> str:
    """The first word after the question that the word at this place stands in; empty if in none."""
    return wording.replies[wording.words[last].clause]
