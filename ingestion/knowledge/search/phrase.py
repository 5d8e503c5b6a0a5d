"""A message as patients type it, made ready for a search. Pure but for the dictionaries.

"oi bom dia, qto custa a colonoscopia p/ vcs? e precisa de jejum? obg" is two questions with a
greeting around them. Patients see, and the model reads, the message as it was written.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ingestion.knowledge.search.spell import correct
from ingestion.knowledge.search.vocabulary import with_terms
from ingestion.knowledge.words import says_something

#: Abbreviations, as people type them but in lower case, and the words in full.
SHORT: Final[Mapping[str, str]] = {
    "vc": "você", "vcs": "vocês", "q": "que", "oq": "o que", "oque": "o que",
    "pq": "por que", "porq": "por que", "ql": "qual", "qq": "qualquer", "qm": "quem",
    "qto": "quanto", "qt": "quanto", "qnt": "quanto", "qnto": "quanto", "qta": "quanta",
    "qtos": "quantos", "qntos": "quantos", "qtas": "quantas",
    "qdo": "quando", "qnd": "quando", "qndo": "quando", "qd": "quando",
    "p": "para", "pra": "para", "pras": "para as", "pros": "para os",
    "p/": "para", "c/": "com", "s/": "sem", "n": "não", "ñ": "não",
    "tb": "também", "tbm": "também", "tmb": "também", "td": "tudo", "tds": "todos",
    "hj": "hoje", "dps": "depois", "msm": "mesmo", "mto": "muito", "mta": "muita",
    "aki": "aqui", "eh": "é", "dr": "doutor", "dra": "doutora",
    "hr": "hora", "hrs": "horas", "hs": "horas", "fds": "fim de semana",
    "exm": "exame", "exms": "exames",
    "tel": "telefone", "zap": "WhatsApp", "cel": "celular", "info": "informação",
    "infos": "informações", "doc": "documento", "docs": "documentos",
}  # fmt: skip

#: Courtesies at the beginning or end of a message, which say nothing of its question.
_POLITE: Final = (
    r"ol[aá]|oi+e?|opa|al[oôó]|e a[ií]|hey|hi|hello|bom dia|boa (?:tarde|noite)|good \w+ing|"
    r"tudo (?:bem|bom|certo|joia)(?: com (?:voc[eê]s?|vcs?)| por a[ií])?|"
    r"como vai(?: voc[eê])?|td bem|blz|beleza|"
    r"(?:muit[oa] )?obrigad[oa]|obg|brigad[oa]|valeu|vlw|agrade[cç]o|thanks?(?: you)?|"
    r"por favor|por gentileza|pfv|pf|please|desde j[aá]|fico no aguardo|aguardo(?: retorno)?|"
    r"gostaria de saber(?: se)?|queria saber(?: se)?|quero saber(?: se)?|"
    r"preciso saber(?: se)?|"
    r"voc[eê]s? (?:pode|podem|poderia|poderiam) me (?:dizer|informar)(?: se)?|"
    r"(?:me )?(?:tira|tirar|esclarece) uma d[uú]vida|uma d[uú]vida|tenho uma d[uú]vida|"
    r"i (?:would like|want) to know|could you tell me|can you tell me"
)
#: Those of them that have a meaning where no comma or full stop separates them from the sentence:
#: "quanto tempo aguardo?", "tratamento de beleza", "é obrigado?", "como vai ser o exame?".
_APART: Final = re.compile(
    r"al[oôó]|oi+e?|opa|hi|hey|e a[ií]|aguardo(?: retorno)?|tudo \w+|td bem|beleza|blz|valeu|"
    r"como vai(?: voc[eê])?|uma d[uú]vida",
    re.IGNORECASE,
)
_APART_BEFORE: Final = (
    r"(?!(?:como vai(?: voc[eê])?|aguardo(?: retorno)?|beleza|obrigad[oa])\s*(?!\s)[^,.!?;:)(\n-])"
)
#: Verbs after which "obrigado" is no thanks.
_OBLIGED: Final = "".join(
    rf"(?<!\b{verb} )" for verb in ("é", "e", "eh", "sou", "ser", "foi", "fui", "são", "sao", "era")
)
_AROUND: Final = " \t\r\n\f\v\xa0,.!;:)(-"
_BREAKS: Final = tuple(",.!?;:)(\n-")

_BEFORE: Final = re.compile(
    rf"^(?:\s*{_APART_BEFORE}(?:{_POLITE})(?!\w)[\s,.!?;:)(-]*)+", re.IGNORECASE
)
_LAST: Final = re.compile(rf"(?<!\w){_OBLIGED}(?:{_POLITE})\Z", re.IGNORECASE)
#: Longest end of a message that `_LAST` is searched in, and how many courtesies are taken off at
#: most: a pattern that repeats itself up to the end of a hostile message would take years.
_LONGEST: Final = 60
_MOST: Final = 10

#: Where one question of a message ends.
_END: Final = re.compile(r"(?<=[?\n])\s*")

#: One abbreviation, with the slash that some end in.
_TOKEN: Final = re.compile(r"\b[^\W\d_]{1,6}\b(?!°)(/\s*)?")

#: Characters of a message that are searched for, half of them at its beginning and half at its end:
#: each costs time in every step, and a vector of more says less of each. The longest question of
#: the six public sets has 295.
SEARCHED: Final = 2000

#: Least letters of a part of a message that is a question of its own, and the most parts.
_LETTERS: Final = 12
PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Phrase:
    """One question of a message, without greetings.

    Attributes:
        text: abbreviations written out, spelling correct, with the documents' own terms.
        typed: the same, spelt as it was typed: that may have been right.
    """

    text: str
    typed: str


def phrase(text: str, terms: Mapping[str, str]) -> list[Phrase]:
    """The questions in a message, at least one.

    Args:
        text: what the patient wrote.
        terms: the documents' own words; see `correct`.
    """
    # Wide letters are others to the models. One character may become eighteen: the text grows not.
    text = unicodedata.normalize("NFKC", text)[: len(text)]
    text = _ends(text)
    text = text.lower() if text.isupper() else text  # and so are capitals
    has_accents = not text.isascii()
    questions = parts(expand(without_greetings(text)))
    return [
        Phrase(
            with_terms(correct(part, terms, has_accents=has_accents), terms),
            with_terms(part, terms),
        )
        for part in questions
    ]


def joined(phrases: Sequence[Phrase]) -> Phrase:
    """Several questions as one."""
    return Phrase(" ".join(each.text for each in phrases), " ".join(each.typed for each in phrases))


def _ends(text: str) -> str:
    """The text without the middle of a very long one."""
    half = SEARCHED // 2
    return text if len(text) <= SEARCHED else f"{text[:half]}\n{text[-half:]}"


def without_greetings(text: str) -> str:
    """The message without the greetings around it, unless it has nothing else.

    bom dia! Tudo bem? Qual o preparo? Obrigada!")
    'Qual o preparo?'
    """
    rest = _without_end(_BEFORE.sub("", text)).strip()
    if text.rstrip().endswith("?") and rest and rest[-1].isalnum():
        rest += "?"
    return rest if says_something(expand(rest)) else text.strip()


def _without_end(text: str) -> str:
    for _ in range(_MOST):
        words = text.rstrip(_AROUND + "?")
        courtesy = _LAST.search(words, max(0, len(words) - _LONGEST))
        if courtesy is None:
            break
        before = words[: courtesy.start()]
        is_apart = not before.strip() or before.rstrip(" \t\xa0").endswith(_BREAKS)
        if not is_apart and _APART.fullmatch(courtesy.group()):
            break
        text = before.rstrip(_AROUND)
    return text


def expand(text: str) -> str:
    """Abbreviations in full.

    "vcs aceitam unimed p/ exame?")
    'vocês aceitam unimed para exame?'
    """
    is_capitals = text.isupper()

    def word_in_full(match: re.Match[str]) -> str:
        typed, slash = match.group(), match.group(1)
        word = typed.removesuffix(slash or "").lower()
        if (
            len(word) == 1
            and typed[0].isupper()
            and not is_capitals
            and _follows(text, match.start())
        ):
            return typed  # a name: vitamina C/D, hepatite C
        if slash and f"{word}/" in SHORT:
            return SHORT[f"{word}/"] + " "
        return SHORT[word] + (slash or "") if word in SHORT else typed

    return _TOKEN.sub(word_in_full, text)


def parts(text: str) -> list[str]:
    """The questions of one message, each by itself; a remark stays with the one before.

    >>> parts("Quanto custa a consulta? E precisa de encaminhamento?")
    ['Quanto custa a consulta?', 'E precisa de encaminhamento?']
    """
    questions: list[str] = []
    is_whole = True  # the last one asks, and says enough to be asked alone
    for part in filter(None, map(str.strip, _END.split(text))):
        asks = part.endswith("?") and _letters(part) >= _LETTERS
        if questions and not (is_whole and asks):
            questions[-1] = f"{questions[-1]} {part}"
        else:
            questions.append(part)
        is_whole = asks
    return questions if 0 < len(questions) <= PARTS else [text]


def _follows(text: str, start: int) -> bool:
    """Whether a word stands right before this place: it begins no sentence."""
    return (
        text[max(0, start - 1) : start].isspace() and text[max(0, start - 2) : start - 1].isalnum()
    )


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text))
