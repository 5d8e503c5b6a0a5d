"""What a message asks for as a whole, and of what. Pure but for the dictionaries."""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.search.phrase import phrase
from ingestion.knowledge.search.vocabulary import vocabulary
from workers.answering.check.terms import stem, terms
from workers.answering.quoting.broad.intents import (
    AFTER,
    BEFORE,
    CARE,
    DOCTORS,
    HOURS,
    INTENTS,
    LESSER,
    PREPARATION,
    PRICES,
    SEVERAL,
    WHOLE,
    Intent,
)

#: What asks for one thing of a sheet, or for one person's case: the sentence that says it answers.
_NARROW: Final = re.compile(
    r"\d|\b(?:posso|(?<!quem )(?<!quem nao )podem?|poderia|consigo|da pra|da para|quando"
    r"|quanto tempo|quant[ao]s (?:horas?|dias?|vezes|sessoes|minutos)|que horas|ate que|demora"
    r"|sozinh[oa]s?"
    r"|meus? filh\w+|minhas? filh\w+|minha mae|meu pai|tomo|toma|tomar|uso|usa|usar|estou|to|sou"
    r"|tenho(?! que| de)|segundas?|tercas?|quartas?|quintas?|sextas?|sabados?|domingos?|\w+day"
    r"|feriados?|hoje|amanha|jejum|comer|beber|agua|fumar"
    r"|dirigir|can i|may i|when|how long)\b"
)
#: What asks for all but something, or for what there is not: rows that name it say the contrary.
_LACKING: Final = re.compile(
    r"\b(?:(?<!quem )nao (?:\w+ )?(?:cobr|aceit|atend|inclu|faz|ofere|trabalh|tem\b|ha\b)\w*"
    r"|exceto|menos|fora|alem d\w+|a nao ser|tirando|not|don.?t|doesn.?t|except)\b"
)
#: Who is asked for: a sheet's section about them is not the whole of what they should know.
_GROUPS: Final = frozenset(
    stem(word)
    for word in (
        "grávida", "gestante", "gravidez", "bebê", "criança", "idoso", "diabético", "diabetes",
        "hipertenso", "alérgico", "alergia", "amamentando", "amamentação", "cadeirante",
        "marca-passo", "anticoagulante", "insulina", "pregnant", "child", "children",
    )
)  # fmt: skip
#: Words that say nothing of the subject, by their stems.
GENERAL: Final = frozenset(
    stem(word)
    for word in (
        "aceitar", "aceito", "which", "atender", "trabalhar", "cobrir", "funcionar", "existir",
        "passar", "mandar",
        "enviar", "explicar", "falar", "informar", "informação", "gostar", "saber", "lista",
        "listar", "disponível", "completo", "geral", "tipo", "quais", "política", "regra",
        "necessário", "orientação", "prazo", "forma", "levar", "trazer", "atendimento",
        "funcionamento", "oferecer", "pedir", "accept", "take", "offer", "list", "work", "all",
    )
) - {""}  # fmt: skip
#: Words that are no subject where another one is said.
_WEAK: Final = frozenset(
    stem(word)
    for word in (
        "exame", "cirurgia", "operação", "tratamento", "procedimento", "consulta", "médico",
        "sessão", "plano", "surgery", "exam",
    )
)  # fmt: skip
_ADDED: Final = re.compile(r"\s*\(([^()]*)\)")
_LONGEST_NAME: Final = 5
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Attributes:
        intent: the kind of whole.
        subject: stems of the words that tell of what; none where it is asked of the clinic.
        said: stems of all of its words.
        other_names: for stems of the subject, the stems of terms that mean the same.
    """

    intent: Intent
    subject: frozenset[str]
    said: frozenset[str] = frozenset()
    other_names: Mapping[str, tuple[frozenset[str], ...]] = field(default_factory=dict)

    def covered(self, words: AbstractSet[str]) -> frozenset[str]:
        """The part of the subject that these stems name."""
        return frozenset(
            each
            for each in self.subject
            if each in words or any(name <= words for name in self.other_names.get(each, ()))
        )

    @property
    def is_vague(self) -> bool:
        """Whether it names nothing but "a consulta" or "o exame"."""
        return bool(self.subject) and self.subject <= _WEAK

    @property
    def group(self) -> frozenset[str]:
        """The stems of whom it is asked for."""
        return self.subject & _GROUPS


def asked_of(message: str, spellings: Mapping[str, str]) -> Asked | None:
    """What a message asks for; None where it asks for less than a whole, or for several.

    Args:
        message: as it was typed.
        spellings: the documents' own words by folded form.
    """
    parts = phrase(message, spellings)
    text = " ".join(part.text for part in parts)
    plain = fold(_ADDED.sub("", text))
    if _NARROW.search(plain) or _LACKING.search(plain):
        return None
    intents = [intent for intent in INTENTS if intent.asks.search(plain)]
    intent = _one_of(intents, plain)
    if intent is None:
        return None
    if intent is PRICES and not SEVERAL.search(plain):
        return None
    subject = terms(_without(_ADDED.sub("", text), plain, intents)) - GENERAL
    subject = subject - _WEAK or subject
    names = dict(_other_names(fold(text)))
    names = {each: names[each] for each in subject if each in names}
    return Asked(intent, subject, terms(text), names)


def _without(text: str, plain: str, intents: list[Intent]) -> str:
    """The text without what asks for the intents; with its accents, which tell words apart."""
    if len(text) != len(plain):
        text = plain
    kept = list(text)
    for each in intents:
        for match in each.asks.finditer(plain):
            kept[match.start() : match.end()] = " " * (match.end() - match.start())
    return "".join(kept)


def _one_of(intents: list[Intent], plain: str) -> Intent | None:
    """The intent that holds all of them, at the time that is asked for; None where none does."""
    rest = [each for each in intents if each not in LESSER] or intents[:1]
    if not rest or (HOURS in intents and rest[0] not in (HOURS, DOCTORS)):
        return None
    before, after = BEFORE.search(plain), AFTER.search(plain)
    if set(rest) == {PREPARATION, CARE}:
        return PREPARATION if before and not after else WHOLE
    if len(rest) > 1:
        return None
    return _at_its_time(rest[0], is_before=before is not None, is_after=after is not None)


def _at_its_time(intent: Intent, *, is_before: bool, is_after: bool) -> Intent | None:
    """The intent that fits: "cuidados antes" is a preparation, "preparo depois" is nothing."""
    if intent not in (PREPARATION, CARE, WHOLE) or not (is_before or is_after):
        return intent
    if is_before and is_after:
        return WHOLE
    if is_before:
        return PREPARATION
    return None if intent is PREPARATION else CARE


def _other_names(text: str) -> Iterator[tuple[str, tuple[frozenset[str], ...]]]:
    """The stems of what patients write with those of the terms that were put behind it."""
    for match in _ADDED.finditer(text):
        before = [fold(word) for word in _WORD.findall(_ADDED.sub("", text[: match.start()]))]
        own = tuple(terms(term) for term in match[1].split(","))
        for length in range(_LONGEST_NAME, 0, -1):
            name = tuple(before[-length:])
            if len(name) == length and name in _names():
                yield from ((key, own) for word in name if (key := stem(word)))
                break


@cache
def _names() -> frozenset[tuple[str, ...]]:
    return frozenset(
        tuple(_WORD.findall(fold(name))) for names, _ in vocabulary() for name in names
    )
