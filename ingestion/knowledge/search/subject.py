"""What a question is about must be what a passage is about: another exam's sheet is set back. Pure.

"Eletrocardiograma precisa de jejum?" is nearer to the echocardiogram's "Não precisa de jejum" than
to a sheet of the electrocardiogram that says nothing of fasting; and the answer would be of another
exam. So where a title or heading of the passages has a term of the question, passages without any
of the question's terms are set behind. On 83 questions that name an exam, recall of the first
passage rose from 85.5 to 100 %; on two clinics, two health FAQs and FaQuAD nothing fell.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.vocabulary import subjects
from ingestion.knowledge.words import dictionary_words

#: What the score of a passage about something else loses: two standard deviations of a ranking.
OTHER: Final = 2.0

#: Shortest word of a term that names it.
_SHORTEST: Final = 6

#: Words of terms that name nothing by themselves, folded, in the form of the dictionary.
_GENERAL: Final = frozenset(
    {
        "ambulatorial", "aparelho", "arterial", "coletar", "digestivo", "emissao", "especifico",
        "estudo", "infeccao", "laboratorio", "limpeza", "perfil", "pesquisa", "potencial",
        "pressao", "proteina", "residencial", "respiratorio", "sangue", "sanguineo", "sexualmente",
        "sumario", "terceiro", "tolerancia", "tratamento", "triagem", "velocidade",
    }
)  # fmt: skip


def about(question: str, passages: Sequence[Passage]) -> list[Passage]:
    """The passages, best first, those about something else than the question set back.

    Args:
        question: with the documents' own terms; see `Phrase.text`.
        passages: chunks, best first.
    """
    terms = dictionary_words(question) & term_words()
    named = terms & frozenset[str]().union(*(_headings(passage) for passage in passages))
    if not named:
        return list(passages)
    judged = [
        passage
        if named & (_headings(passage) | dictionary_words(passage.text))
        else replace(passage, score=passage.score - OTHER)
        for passage in passages
    ]
    return sorted(judged, key=lambda passage: -passage.score)


def _headings(passage: Passage) -> frozenset[str]:
    return dictionary_words(" ".join((passage.title, *passage.heading)))


@cache
def term_words() -> frozenset[str]:
    """Words that name an exam or a treatment by themselves, in the form of the dictionary."""
    words = dictionary_words(" ".join(subjects())) - _GENERAL
    return frozenset(word for word in words if len(word) >= _SHORTEST)
