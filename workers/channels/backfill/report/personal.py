"""What in a question or answer may be one patient's own: names greeted, numbers, dates. Pure.

It only marks what a person shall look at before a pair becomes everybody's. A telephone number may
be the clinic's; a name that no greeting, address or signature gives away is not seen.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from ingestion.knowledge.search.phrase import without_greetings

_TITLE: Final = r"(?:sr|sra|srta|seu|dona|d)\b\.?\s+"
_NAME: Final = r"[A-ZÀ-Ý][a-zà-ÿ]+(?:\s+(?:d[aeo]s?\s+)?[A-ZÀ-Ý][a-zà-ÿ]+){0,3}"
_HELLO: Final = (
    r"ol[aá]|oi+e?|opa|prezad[oa]|car[oa]|querid[oa]|bom\s+dia|boa\s+(?:tarde|noite)|tudo\s+bem"
)
_AFTER_NAME: Final = rf"(?i:{_TITLE})?(?P<name>{_NAME})\s*(?:[,!.?:;–-]+\s*|\n+)"  # noqa: RUF001 - as people type
#: "Oi Maria, bom dia!", "Bom dia, dona Ana.", at the beginning of an answer: surely a greeting.
_GREETED: Final = re.compile(
    rf"^\W*(?:(?i:{_HELLO})[\s,!.?]*)*(?i:{_HELLO})(?:\s+|\s*,\s*){_AFTER_NAME}"
)
#: "Bom dia! Maria, …": a name, or the first plan of a list. It is marked and not cut off.
_PERHAPS_GREETED: Final = re.compile(rf"^\W*(?:(?i:{_HELLO})[\s,!.?]*)+{_AFTER_NAME}")
#: "Não precisa parar, Ana.": somebody is spoken to. A list of plans has capitals before its comma.
_SPOKEN_TO: Final = re.compile(r"\b[a-zà-ÿ]+,\s+(?P<name>[A-ZÀ-Ý][a-zà-ÿ]+)\s*[.!?](?:\s|$)")
#: Who signs a mail, below an empty line.
_SIGNED: Final = re.compile(rf"\n\s*\n\s*(?P<name>{_NAME})\s*$")
#: A day that is another one by now: of an answer alone, since anybody asks about tomorrow.
_SOON: Final = re.compile(r"\b(?:hoje|ontem|amanh[ãa])\b", re.IGNORECASE)
#: Words in capitals that are no names, at such a place.
_NO_NAME: Final = re.compile(
    r"(?:[OA]s?|Uma?|Para|Sim|N[ãa]o|Seu|Sua|[ÉE]|Em|N[oa]|Temos|Pod\w+|Aqui|Noss[oa]s?|N[óo]s|Faz\w+"
    r"|Atend\w+|Aceit\w+|Precis\w+|Qual|Quando|Agradec\w+|Segue|Obrigad[oa]|Bo[am]|Tudo|Ol[áa]|Oi"
    r"|Bem|Vindo|Favor|Por|Infelizmente|Claro|Senhora?|Doutora?|Dia|Tarde|Noite|Vai|Bom)\b"
)
_FLAGS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "CPF": re.compile(
            r"\b\d{3}\.?\d{3}\.?\d{3}\s?[-\u2013]\s?\d{2}\b|\bcpf\D{0,10}\d{11}\b", re.IGNORECASE
        ),
        "telefone": re.compile(
            r"(?:\+?55[\s.-]?)?(?:\(\d{2}\)|\b\d{2})[\s.-]?9?\d{4}[\s.-]?\d{4}\b|\b9?\d{4}-\d{4}\b"
        ),
        "e-mail": re.compile(r"[\w.+-]+@[\w-]+\.\w+"),
        "data": re.compile(
            r"\b\d{1,2}/\d{1,2}(?:/\d{2,4})?\b|\b\d{1,2}\s+de\s+(?:jan|fev|mar|abr|mai|jun|jul|ago|set|out"
            r"|nov|dez)\w*",
            re.IGNORECASE,
        ),
        "nome": re.compile(
            r"\b(?:[Ss]ra?|[Ss]rta|[Dd]ona|[Mm]eu nome é|[Mm]e chamo|[Aa]qui é [oa]|[Pp]aciente)\b"
            rf"\.?:?\s+(?P<name>{_NAME})"
        ),
        "número de documento": re.compile(
            r"\b(?:rg|carteirinha|matr[ií]cula|protocolo|prontu[aá]rio|senha|pedido|guia)\b\D{0,15}\d{3,}"
            r"|\b\d{6,}\b",
            re.IGNORECASE,
        ),
        "caso de um paciente": re.compile(
            r"\b(?:seu|sua|teu|tua)s?\s+(?:exame|resultado|laudo|consulta|retorno|hor[aá]rio|cirurgia"
            r"|agendamento|guia|pedido|autoriza[cç][aã]o)s?\b[^.!?\n]{0,40}?\b(?:est[aá]|est[aã]o|ficou|ficaram"
            r"|foi|foram|saiu|sa[ií]ram|ser[aá]|confirmad[oa]|marcad[oa]|agendad[oa]|remarcad[oa]|pront[oa])"
            r"|\b(?:marquei|agendei|remarquei|encaixei|confirmei|consegui)\b",
            re.IGNORECASE,
        ),
    }
)


def answer_alone(text: str) -> str:
    """An answer of the clinic's without the greeting of one patient, and without courtesies.

    >>> answer_alone("Oi Maria, bom dia! O jejum é de 8 horas. Obrigada")
    'O jejum é de 8 horas'
    """
    rest = text.strip()
    match = _GREETED.match(rest)
    if match and _name(match):
        rest = rest[match.end() :]
    return without_greetings(rest).strip()


def flags(question: str, answer: str) -> tuple[str, ...]:
    """Kinds of what may be personal in a pair, in Portuguese words."""
    texts = (question, answer)
    kinds = [kind for kind, pattern in _FLAGS.items() if any(map(pattern.search, texts))]
    if any(map(_named, texts)):
        kinds.insert(0, "nome")
    if _SOON.search(answer):
        kinds.append("data")
    return tuple(dict.fromkeys(kinds))


def _named(text: str) -> bool:
    """Whether somebody is greeted or spoken to by name in a text, or signs it."""
    matches = (_PERHAPS_GREETED.match(text), _SPOKEN_TO.search(text), _SIGNED.search(text))
    return any(map(_name, matches))


def _name(match: re.Match[str] | None) -> str:
    """The name in a greeting; empty where it is another word in capitals."""
    name = match["name"] if match else ""
    return "" if _NO_NAME.match(name) else name
