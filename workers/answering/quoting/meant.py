"""What a follow-up means, as the selector reads it, and which candidates are about that. Pure.

"e quanto custa?" after "Vocês fazem ultrassom de abdome total?" is read as "ultrassom de abdome
total: e quanto custa?". The price of another ultrasound is as near to that as the right one, and
worse than no answer: so a candidate must be about as much of what was named as any other of its
kind in its document, and one that is about something else is none.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.search.phrase import expand
from ingestion.knowledge.search.subject import term_words
from workers.answering.check.terms import stem, terms
from workers.answering.quoting.broad.intents import OFFICE
from workers.answering.quoting.broad.places import is_place
from workers.answering.quoting.broad.sheet import cells_of
from workers.answering.quoting.candidates import Candidate
from workers.answering.quoting.exams import exams_in
from workers.answering.sentences import Kind

#: Words of a question that tell what of something it asks for, and not of what, by their stems.
_ATTRIBUTES: Final = frozenset(
    stem(word)
    for word in (
        "jejum", "preparo", "preparar", "resultado", "laudo", "acompanhante", "encaminhamento",
        "autorização", "horário", "endereço", "telefone", "estacionamento", "pagamento", "desconto",
        "banho", "dieta", "sedação", "tempo", "prazo", "anos", "semana", "durante", "falta",
        "tomar", "abrir", "aceitar", "ficar", "cobrir", "vir", "levar", "exame", "consulta",
        "receber", "ver", "querer", "aplicar", "marcar", "agendar", "precisar", "existir", "sem",
        "operar", "começar", "passar", "sábado", "domingo", "multa", "taxa", "pagar", "internet",
    )
)  # fmt: skip
_WORD: Final = re.compile(r"[\w-]+")
#: What asks whether the clinic has something that is named behind it, folded.
_HAS: Final = re.compile(
    r"\b(?:aceita\w*|tem(?! que\b)|fazem|vend\w+|oferec\w+|aplica\w*|accept|have)\b"
)
_AT_START: Final = re.compile(r"^(?:e|mas|então|entao|ah|and|but)\b[\s,]*", re.IGNORECASE)
_NAME: Final = re.compile(r"(?<=[\w,] )[A-ZÀ-Ý][a-zà-ÿ]{2,}")


@dataclass(frozen=True, slots=True)
class Meant:
    """What a question means that goes on from others.

    Attributes:
        text: what the selector reads.
        subject: stems of what the questions before were about.
        own: stems of what it names itself; where it asks nothing by itself, an answer names them.
    """

    text: str
    subject: frozenset[str]
    own: frozenset[str]

    @classmethod
    def of(cls, question: str, before: str, *, asks: bool) -> "Meant":
        """What a question means.

        Args:
            question: as it was asked.
            before: the questions that it goes on from.
            asks: whether it says what is asked.
        """
        own = terms(expand(question)) - _ATTRIBUTES
        subject = terms(expand(before)) - _ATTRIBUTES
        if asks:
            return cls(f"{_topic(before)}: {question}", subject, frozenset())
        rest = _AT_START.sub("", question)
        return cls(f"{before.rstrip(' ?.!')}, {rest}", subject, own or terms(expand(question)))

    @classmethod
    def alone(cls, question: str, named: str) -> "Meant":
        """What a question means that stands alone.

        Args:
            question: as it was rewritten.
            named: the message that it was rewritten from, where that only named something.
        """
        subject = terms(expand(question)) - _ATTRIBUTES
        own = terms(expand(named)) - _ATTRIBUTES
        return cls(question, subject, own & subject)

    def naming(self, question: str) -> "Meant":
        """The same where the answer names what a question asks for, if it does: "aceitam Pix?"."""
        asked = _HAS.search(plain := fold(expand(question)))
        own = terms(plain[asked.end() :]) - _ATTRIBUTES if asked else frozenset[str]()
        return replace(self, own=self.own or own)

    def among(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates that are about it."""
        about = [(each, _subject(each)) for each in candidates]
        meant = self.subject | self.own
        return [
            candidate
            for candidate, words in about
            if self._names(candidate)
            and (words & meant or _is_of_clinic(candidate))
            and not (
                (words & meant or candidate.span.kind is Kind.ROW)
                and any(
                    words & meant < others & meant and _is_beside(candidate, other)
                    for other, others in about
                )
            )
        ]

    def _names(self, candidate: Candidate) -> bool:
        """Whether it names what is asked for, of exams each one.

        A title of two exams names neither one's sections.
        """
        below = " ".join(candidate.passage.heading_at(candidate.span.start))
        named = terms(candidate.text) | terms(below if exams_in(below) else candidate.indexed)
        exams = self.own & _exam_stems()
        return not self.own or (bool(self.own & named) and exams <= named)


@cache
def _exam_stems() -> frozenset[str]:
    return frozenset(map(stem, term_words()))


def is_attribute(words: Iterable[str]) -> bool:
    """Whether words tell what of something is asked for, and not of what."""
    return all(stem(word) in _ATTRIBUTES for word in words)


def _topic(before: str) -> str:
    """The words of the questions before that tell what they are about, as they were typed."""
    words = (word for word in _WORD.findall(expand(before)) if stem(word) not in _ATTRIBUTES)
    return " ".join(word for word in words if stem(word))


def _subject(candidate: Candidate) -> frozenset[str]:
    """The stems of what a candidate is about: its title, names above it, a row's first cell."""
    return terms(". ".join(_names_above(candidate)))


def _names_above(candidate: Candidate) -> Iterator[str]:
    passage = candidate.passage
    if passage.is_pair:
        yield candidate.indexed
        return
    yield passage.title
    for heading in passage.heading_at(candidate.span.start):
        if exams_in(heading) or _NAME.search(heading):
            yield heading
    if candidate.span.kind is Kind.ROW:
        yield cells_of(candidate.text)[0][1]


def _is_beside(candidate: Candidate, other: Candidate) -> bool:
    """Whether another candidate is of the same kind and document: what it names more tells."""
    return (
        candidate.passage.document == other.passage.document
        and candidate.passage.is_pair == other.passage.is_pair
        and (candidate.span.kind is Kind.ROW) == (other.span.kind is Kind.ROW)
    )


def _is_of_clinic(candidate: Candidate) -> bool:
    """Whether it is said of the clinic, and not of another exam, plan or place.

    The row of one of its places is, where no other place was named: `among` sees to that.
    """
    names = [*_names_above(candidate)]
    if candidate.span.kind is Kind.ROW:
        return is_place(candidate.text) and OFFICE.search(fold(names[0])) is not None
    if candidate.passage.is_pair:
        return not exams_in(names[0])
    return len(names) == 1 and OFFICE.search(fold(names[0])) is not None
