"""Whether a question goes on from those before it in its conversation, and from which. Pure.

"e quanto custa?" says nothing by itself. A question that says what it is about, or that comes after
half an hour, goes on from nothing: what was said before would only mislead the search, the gate and
whoever picks the sentence that answers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.search.phrase import expand, without_greetings
from ingestion.knowledge.words import dictionary_words
from workers.answering.quoting.exams import exams_in
from workers.answering.quoting.features import content
from workers.answering.quoting.meant import Meant, is_attribute
from workers.answering.triage.triage import load_triage
from workers.answering.wording.parts import parts_of
from workers.contracts.conversation import Turn

#: Seconds of silence after which a question begins a conversation anew.
FORGOTTEN_SECONDS: Final = 30 * 60
#: Questions that one goes on from at most: "jejum pra glicemia?", "e colesterol?", "e TSH?".
_MOST: Final = 2
#: Words that say something, in one question, with which it says what it is about.
_ENOUGH: Final = 2
#: Letters by which the forms of a word that asks are one: "custa", "custam".
_BEGINNING: Final = 4

#: What asks, folded.
_ASKS: Final = re.compile(
    r"\b(?:quant[ao]s?|quando|onde|qual|quais|quem|que|como|posso|pod\w+|precis\w+|tem|ha|cust\w+"
    r"|cobr\w+|aceit\w+|faz\w*|fica\w*|demor\w+|dur\w+|dev[eo]|tenho|abr\w+|fech\w+|atend\w+"
    r"|vale|emit\w+|med\w+|colh\w+|trabalh\w+|da pra|da para|aparec\w+"
    r"|how|what|when|where|who|can (?:i|you|we)|may i|do (?:i|you|we|they)|does|is it|are there)\b"
)
#: What points at something that was said before, folded.
_POINTS: Final = re.compile(
    r"^(?:e|and) d[eao]s?\b|\b(?:[dn]?el[ea]s?|[dn]?(?:isso|isto)|[dn]?ess[ea]s?|[dn]?estes?"
    r"|la|it|that|this|there|they|them)\b"
)
#: What says that something else follows, folded.
_SHIFTS: Final = re.compile(
    r"\b(?:mudando de assunto|(?:outra|mais uma) (?:coisa|duvida|pergunta)|another question)\b"
)
#: What asks of a plan, which may be that of the question before, folded.
_OF_A_PLAN: Final = re.compile(r"\b(?:cobr\w+|cobertura|autoriz\w+|covered?|covers)\b")
#: What can only be asked of the clinic, folded.
_OF_THE_CLINIC: Final = re.compile(
    r"\b(?:quais (?:os )?(?:convenios|planos)|que (?:convenios|planos)|formas? de pagamento)\b"
)
#: What is said of the clinic itself, folded.
_CLINIC: Final = re.compile(r"\b(?:a|da|na|the) (?:clinica|clinic)\b")
#: What asks the clinic for something that it names behind this, folded.
_YOU: Final = re.compile(
    r"\b(?:voces?|vcs?|you) (?:tem|fazem|aceitam|atendem|realizam|oferecem|have|accept)"
    r" (?!com\b|sem\b|para\b|pra\b|por\b|em\b|n[oa]s?\b|ate\b)"
)
#: Somebody's profession, folded: who asks for a cardiologist says of what.
_PROFESSION: Final = re.compile(
    r"\b(?:\w{3,}(?:logistas?|iatras?|pedistas?|peutas?|cionistas?)|psicolog[oa]s?|fonoaudiolog[oa]s?"
    r"|clinico geral|(?:cardio|dermato|gineco|oftalmo|neuro|endocrino|otorrino|orto|pediatr)\w*)\b"
)
#: A name of the clinic's, typed with its capital.
_NAME: Final = re.compile(r"(?<=[\w,] )[A-ZÀ-Ý][a-zà-ÿ]{2,}")
#: Words that tell of no exam, plan or matter, in the form of the dictionary.
_GENERAL: Final = frozenset((
    "tempo", "hora", "horario", "dia", "semana", "mes", "ano", "valor", "preco", "custar", "pagar",
    "ficar", "pronto", "sair", "demorar", "durar", "levar", "trazer", "tomar", "voltar", "marcar",
    "agendar", "atender", "aceitar", "abrir", "fechar", "cobrir", "usar", "passar", "vir",
    "exame", "consulta", "cirurgia", "medico", "medica", "doutor", "clinica", "convenio", "plano",
    "unidade", "ver", "querer", "saber", "falar", "hoje", "amanha", "ontem", "ainda", "algum",
    "qualquer", "cada", "outro", "mesmo", "qual", "quantos", "quantas", "realizar", "existir",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question that goes on from others.

    Attributes:
        text: as it was asked.
        before: the questions that it goes on from, as one text.
        rewritten: by the model, as one that stands alone; empty where it is not.
    """

    text: str
    before: str
    rewritten: str = ""

    @property
    def whole(self) -> str:
        """What it means: as it was rewritten, else behind the questions before it."""
        return self.rewritten or f"{self.before} {self.text}"

    @property
    def asked(self) -> str:
        """What the model is asked for an answer."""
        return self.rewritten or self.text

    @property
    def searched(self) -> tuple[str, ...]:
        """The texts that are searched for."""
        return self.text, self.whole

    @property
    def meanings(self) -> tuple[Meant, ...]:
        """What each part of it means to whoever picks the sentence that answers."""
        if self.rewritten:
            named = "" if asks(self.text) else self.text
            parts = parts_of(without_greetings(self.rewritten))
            return tuple(Meant.alone(part, named) for part in parts)
        return tuple(
            Meant.of(part, self.before, asks=asks(part))
            for part in parts_of(without_greetings(self.text))
        )


def follow_up_of(question: str, turns: Sequence[Turn], asked_at: float) -> FollowUp | None:
    """What a question goes on from; None where it stands alone.

    Args:
        question: as it was asked.
        turns: of its conversation, oldest first.
        asked_at: when, in Unix seconds.
    """
    if not turns or asked_at - turns[-1].at > FORGOTTEN_SECONDS or stands_alone(question):
        return None
    before: list[str] = []
    for turn in reversed(turns):
        if not _says_anything(turn.question):
            continue
        before.insert(0, turn.question.strip())
        if len(before) == _MOST or stands_alone(turn.question):
            break
    return FollowUp(question, " ".join(before)) if before else None


def stands_alone(question: str) -> bool:
    """Whether a question says what it asks, and of what.

    >>> stands_alone("Quanto custa a mamografia?"), stands_alone("e quanto custa?")
    (True, False)
    """
    plain = fold(expand(question))
    if _SHIFTS.search(plain):
        return True
    if not asks(question) or _POINTS.search(plain):
        return False
    if _NAME.search(question) or _OF_THE_CLINIC.search(plain):
        return True
    if names_a_subject(question):
        return not _OF_A_PLAN.search(plain)
    telling = [*_telling(question)]
    return any(len(words) >= _ENOUGH for words in telling) or _is_of_clinic(plain, telling)


def _is_of_clinic(plain: str, telling: Sequence[frozenset[str]]) -> bool:
    """Whether it asks for the clinic itself, or whether it has what it names."""
    names = any(words and not is_attribute(words) for words in telling)
    return _CLINIC.search(plain) is not None or (_YOU.search(plain) is not None and names)


def asks(question: str) -> bool:
    """Whether it has a word that asks.

    >>> asks("e quanto custa?"), asks("e pra colesterol?")
    (True, False)
    """
    return _ASKS.search(fold(expand(question))) is not None


def asking_words(question: str) -> frozenset[str]:
    """The beginnings of the words that ask, folded: what is asked, and not of what.

    >>> sorted(asking_words("e quanto custa?"))
    ['cust', 'quan']
    """
    found = _ASKS.findall(fold(expand(question)))
    return frozenset(each[:_BEGINNING] for each in found)


def points_back(question: str) -> bool:
    """Whether it has a word that points at something that was said before.

    >>> points_back("quanto custa ele?"), points_back("quanto custa o Holter?")
    (True, False)
    """
    return _POINTS.search(fold(expand(question))) is not None


def is_general(word: str) -> bool:
    """Whether a word tells of no exam, plan or matter, or only asks.

    >>> is_general("valor"), is_general("mamografia")
    (True, False)
    """
    return bool(dictionary_words(word) & _GENERAL) or _ASKS.fullmatch(fold(word)) is not None


def _says_anything(question: str) -> bool:
    """Whether it is more than a greeting, thanks or a cry for help."""
    return load_triage().of(question, "pt") is None


def names_a_subject(question: str) -> bool:
    """Whether it names an exam, a treatment, or whose consultation it is about.

    >>> names_a_subject("quanto custa o cardiologista?"), names_a_subject("aceita cartão?")
    (True, False)
    """
    names_who = _PROFESSION.search(fold(expand(question))) is not None
    return names_who or bool(exams_in(question))


def _telling(question: str) -> Iterator[frozenset[str]]:
    """Of each part of a message the words that tell what it is about."""
    for part in parts_of(expand(question)):
        words = content(part) - _GENERAL
        yield frozenset(word for word in words if not _ASKS.fullmatch(word))
