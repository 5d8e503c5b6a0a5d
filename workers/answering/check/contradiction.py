"""Yes and no, may and must not: an answer must not say the opposite of its passage."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from ingestion.folding import fold
from workers.answering.check.fault import Fault, Kind
from workers.answering.check.polarity import MAY, key_of, plain, polarities, words_of
from workers.answering.check.rows import is_of_another
from workers.answering.check.statements import Statement
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import stem
from workers.answering.wording.negation import NEGATIONS, NOT
from workers.answering.wording.words import wording_of

_SAID: Final = frozenset({True})
_DENIED: Final = frozenset({False})
_NEED: Final = re.compile(r"\b(nao )?precisa(?:m|ndo)?(?: de)? (?:um |uma |o |a )?(\w+)")
_WITHOUT: Final = re.compile(r"\bsem (?:a |o )?(\w+)")
_WITH: Final = re.compile(r"\bcom (?:a |o |uma? )?(\w+)")
_ALONE: Final = re.compile(r"\b(?:so|somente|apenas) (?:para|em|no|na|nos|nas|a|aos|as) (\w+)")
_NEGATIVE_QUESTION: Final = re.compile(
    r"\bnao (?:pode|posso|precisa|preciso|tem|e|da|deve|devo|faz|fazem|atende|aceita)\w*\b"
)
#: Shares of the highest score of a statement that is the nearest, and of one that is near.
_NEAREST: Final = 0.9
_NEAR: Final = 0.6
#: Stems of which one is the opposite of the other.
_OPPOSITES: Final = tuple(
    (frozenset(map(stem, one.split())), frozenset(map(stem, other.split())))
    for one, other in (
        ("manter mantenha mantido", "suspender suspenda suspenso suspensos parar pare"),
        ("cheia cheio encher", "vazia vazio esvaziar"),
        ("aberta aberto abre abrir", "fechada fechado fecha fechar"),
        ("frente", "trás"),
        ("gratuito gratuita grátis graça", "pago paga custa cobrado"),
        ("aceitar aceitamos aceito aceita atendemos atende", "recusar recusa"),
        ("vir presencial", "vídeo"),
    )
)
#: What an answer must say too where its statement does: it restricts.
_ONLY: Final = frozenset({"so", "somente", "apenas", "only"})
#: Words that leave it open: what holds under a condition is no plain yes or no.
_CONDITIONS: Final = _ONLY | frozenset((
    "depois", "apos", "se", "caso", "partir", "quando", "enquanto", "after", "if", "when",
))  # fmt: skip
#: What is denied at first and allowed afterwards.
_LATER: Final = _ONLY | frozenset({"depois", "apos", "partir", "after"})
#: By any of them an answer restricts what it allows.
_LIMITS: Final = NEGATIONS | _CONDITIONS | frozenset((
    "menos", "exceto", "salvo", "suspenda", "adie", "retire", "tire", "except", "proibido",
    "obrigatorio", "obrigatoria", "fechada", "fechadas", "espere", "ate", "precisa", "deve",
    "devem", "menores", "com", "desde", "fecha", "fecham",
))  # fmt: skip
_YES: Final = frozenset({"sim", "yes", "claro", "isso", "certo"})
_NO: Final = frozenset({"nao", "no", "not"})
_YES_NO: Final = _YES | _NO


def contradiction_faults(
    sentence: str, question: str, focus: Focus, support: Support
) -> Iterator[Fault]:
    """What a sentence of an answer affirms against the passages, or denies."""
    nearest = support.nearest(focus, _NEAREST)
    asked = support.nearest(Focus(frozenset(), focus.asked), _NEAREST)
    if "preocupe" in words_of(sentence) or (
        not focus.said and not _YES_NO.intersection(words_of(sentence)[:1])
    ):
        return
    wrong = (
        any(_contradicts(sentence, each) for each in nearest)
        or (asked and all(_answers_wrongly(sentence, question, each) for each in asked))
        or any(_answers_wrongly(sentence, question, each) for each in nearest)
    )
    if (wrong and not _is_backed(sentence, focus, support)) or _is_needless(sentence, support):
        yield Fault(Kind.CONTRADICTION, sentence)


def _is_backed(sentence: str, focus: Focus, support: Support) -> bool:
    """Whether another statement that is near says the same, its denials and numbers too."""
    said, numbers = polarities(sentence), wording_of(sentence).numbers
    denies = any(False in signs for signs in said.values())
    for each in support.nearest(focus, _NEAR):
        if is_of_another(each, focus, support):
            continue
        stated = polarities(each.text)
        shared = said.keys() & stated.keys()
        alike = [word for word in shared if said[word] & stated[word]]
        if _contradicts(sentence, each) or len(alike) * 2 <= len(shared) or not alike:
            continue
        if numbers and not any(a.agrees(b) for a in numbers for b in each.numbers):
            continue
        if numbers or (denies and any(False in said[word] & stated[word] for word in alike)):
            return True
    return False


def _is_needless(sentence: str, support: Support) -> bool:
    """Whether it asks for what a statement says is not needed, and none that it is."""
    needs = _needs(sentence)
    if not needs:
        return False
    stated = [need for each in support.statements for need in _needs(each.text)]
    return any((word, not sign) in stated and (word, sign) not in stated for word, sign in needs)


@lru_cache(maxsize=16_384)
def _needs(text: str) -> tuple[tuple[str, bool], ...]:
    """What a text says is needed (True) or not: "não precisa agendar"."""
    return tuple(
        (stem(match[2]), not match[1]) for match in _NEED.finditer(plain(text)) if stem(match[2])
    )


def _contradicts(sentence: str, statement: Statement) -> bool:
    return (
        _opposes(sentence, statement.text)
        or _reverses(sentence, statement.text)
        or _leaves_out(sentence, statement.text)
        or _drops_negation(sentence, statement.text)
    )


def _drops_negation(sentence: str, statement: str) -> bool:
    """Whether it says plainly what directly follows a negation in the statement."""
    words = words_of(sentence)
    if (NEGATIONS | _CONDITIONS).intersection(words):
        return False
    return bool(_denied(statement) & {key_of(word) for word in words})


@lru_cache(maxsize=16_384)
def _denied(text: str) -> frozenset[str]:
    """The first content word after each negation."""
    keys = [(word in NOT, key_of(word)) for word in words_of(text)]
    return frozenset(
        next((key for _, key in keys[place + 1 :] if key), "")
        for place, (negates, _) in enumerate(keys)
        if negates
    ) - {""}


def _leaves_out(sentence: str, statement: str) -> bool:
    """Whether it goes without what the statement goes with, or denies what is for it only."""
    without = {stem(match[1]) for match in _WITHOUT.finditer(fold(sentence))} - {""}
    needed = {stem(match[1]) for match in _WITH.finditer(fold(statement))}
    alone = _alone(statement)
    return bool(without & needed) or any(
        polarities(sentence).get(word) == _DENIED for word in alone
    )


def _alone(statement: str) -> set[str]:
    """What a statement is for alone: "só para cardiologia"."""
    return {stem(match[1]) for match in _ALONE.finditer(fold(statement))} - {""}


def _opposes(sentence: str, statement: str) -> bool:
    said, stated = polarities(sentence), polarities(statement)
    for pair in _OPPOSITES:
        for one, other in (pair, pair[::-1]):
            affirmed = any(said.get(word) == _SAID for word in one)
            opposite = any(stated.get(word) == _SAID for word in other)
            if affirmed and opposite and not one.intersection(stated):
                return True
    return False


def _reverses(sentence: str, statement: str) -> bool:
    """Whether the shared words are said of the other sign rather than of the same."""
    said, stated = polarities(sentence), polarities(statement)
    shared = said.keys() & stated.keys()
    against = [word for word in shared if not said[word] & stated[word]]
    modal = {"pode", "precis"}.intersection(against)
    if not against or (not modal and 2 * len(against) < len(shared)):
        return False
    if all(False in said[word] for word in against):  # denied, what the statement affirms
        return not _LATER.intersection(words_of(statement))
    return not _CONDITIONS.intersection(words_of(sentence))


def _answers_wrongly(sentence: str, question: str, statement: Statement) -> bool:
    words = words_of(sentence)
    if not words or _NEGATIVE_QUESTION.search(plain(question)):
        return False
    stated = words_of(statement.text)
    if words[0] in _NO:
        return not _LIMITS.intersection(stated)
    affirms = words[0] in _YES or bool(MAY.intersection(words[:2]))
    restricted = (NEGATIONS | _ONLY).intersection(stated)
    if not affirms or not restricted or _LIMITS.intersection(words):
        return False
    return not _alone(statement.text) & polarities(sentence).keys()
