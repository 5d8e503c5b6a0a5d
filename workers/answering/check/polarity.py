"""Which words of a text are said, and which denied. Pure."""

import re
from functools import lru_cache
from typing import Final

from ingestion.folding import fold
from workers.answering.check.terms import stem
from workers.answering.wording.negation import negated_words
from workers.answering.wording.words import wording_of

_HINDER: Final = (
    r"(?:impede|impedem|impedir|atrapalha|atrapalham|interfere|interferem|altera|alteram|"
    r"prejudica|prejudicam|estraga|estragam|contraindica|contraindicam|quebra|quebram|"
    r"e impedimento|ha problema|tem problema|ha nenhum problema|ha restricao|ha restricoes)"
)
#: What is a denial in other words, or none in spite of its "não".
_REWRITTEN: Final = (
    (re.compile(rf"\bnao {_HINDER}\b"), "pode"),
    (re.compile(rf"(?<!nao )\b{_HINDER}\b"), "nao pode"),
    (re.compile(r"\b(?:sem problemas?|nenhum problema)\b"), "pode"),
    (re.compile(r"\bsem (\w+)"), r", sem \1 ,"),
    (re.compile(r" e (?=[ao]s? \w+ (?:deve|devem|pode|podem|e|sao|fica|ficam|tem)\b)"), ", "),
    (re.compile(r"\bdispensa(?:m|da|do)?\b"), "nao precisa de"),
    (re.compile(r"\b(?:exceto|salvo|menos) (?=\w+ia\b)"), "sem "),
    (re.compile(r"\bnao (?:vale|valem)\b"), "nao conta"),
    (re.compile(r"\bvale(?:m)? como\b"), "conta como"),
    (re.compile(r"\bnao (?:e|sao|sera|seja) (?:\w+ )?(?:necessari[oa]s?|precis[oa]|obrigatori[oa]|"
                r"exigid[oa])\b"), "nao precisa"),
    (re.compile(r"\b(?:e|sao) (?:necessari[oa]s?|precis[oa]|obrigatori[oa]s?|exigid[oa]s?)\b"),
     "precisa"),
    (re.compile(r"\b(?:e|sao) (?:possivel|permitid[oa]s?|liberad[oa]s?)\b"), "pode"),
)  # fmt: skip
#: A list of what one must not have, which the commas don't cut.
_AVOIDED: Final = re.compile(
    r"\b(?:evite|evitar|evitem|nao (?:use|tome|coma|beba|passe|consuma|ingira)) \w+(?: \w+)?"
    r"(?:, \w+(?: \w+){0,2}(?=,| e | ou |[.;]|$))*"
)
_UNITS: Final = frozenset({"h", "min", "ano", "mes", "semana", "x", "real", "kg", "ml", "mg"})
MAY: Final = frozenset({"pode", "podem", "may", "can", "liberado", "permitido", "permite"})


@lru_cache(maxsize=16_384)
def polarities(text: str) -> dict[str, frozenset[bool]]:
    """For each content word of a text, whether it is said (True) and denied (False)."""
    wording = wording_of(plain(text))
    result: dict[str, set[bool]] = {}
    for word, denied in zip(wording.words, negated_words(wording), strict=True):
        if key := key_of(word.text):
            result.setdefault(key, set()).add(not denied)
    return {key: frozenset(values) for key, values in result.items()}


def key_of(word: str) -> str:
    """What a folded word is compared by: its stem, or what it allows or asks for."""
    if word in MAY:
        return "pode"
    if word.startswith("precis"):
        return "precis"
    return "" if word in _UNITS else stem(word)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """A text, folded, with each denial in one form: "não impede" allows, "dispensa" is no need."""
    folded = _AVOIDED.sub(lambda match: match.group().replace(",", " ou"), fold(text))
    for pattern, replacement in _REWRITTEN:
        folded = pattern.sub(replacement, folded)
    return folded


def words_of(text: str) -> list[str]:
    """The words of a text with its denials in one form."""
    return [word.text for word in wording_of(plain(text)).words]
