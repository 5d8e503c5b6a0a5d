"""Messages that ask several questions, over a real knowledge base."""

import pytest

from ingestion.knowledge.base import Knowledge
from tests.stand_ins import WordTokenizer
from workers.answering.prepare import FoundQuestion, Prepared, PreparedQuestion, Preparer
from workers.answering.prompt import Prompter
from workers.answering.templates import Templates
from workers.contracts.question import Request
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration

ABOUT = "Qual o preparo da colonoscopia?"
BOTH = "Qual o preparo da colonoscopia? E quantas horas de jejum?"


def prepared(
    knowledge: Knowledge, settings: WorkerSettings, *questions: str, quotes: bool = True
) -> list[Prepared]:
    prompter = Prompter(Templates.load(), WordTokenizer(), settings)
    preparer = Preparer(knowledge, prompter, "m", settings, quotes=quotes)
    return preparer.prepare(
        [Request(tenant="clinica", question=each, asked_at=0) for each in questions]
    )


def test_each_question_of_a_message_is_searched_beside_the_message_and_by_what_it_means(
    knowledge: Knowledge, settings: WorkerSettings
) -> None:
    quoting = settings.model_copy(update={"answer": "quote"})
    one, both, last = prepared(knowledge, quoting, ABOUT, BOTH, "Jejum da colonoscopia")
    assert isinstance(one, FoundQuestion)
    assert isinstance(both, FoundQuestion)
    assert isinstance(last, FoundQuestion)
    assert one.parts == last.parts == ()
    preparation, fasting = both.parts
    assert preparation.findings.passages
    assert (preparation.meant, fasting.text) == (None, "quantas horas de jejum?")
    assert fasting.meant is not None
    assert "colonoscopia" in fasting.meant.text
    (alone,) = prepared(knowledge, quoting, preparation.text)
    assert isinstance(alone, FoundQuestion)
    assert preparation.findings == alone.findings


def test_where_nothing_is_quoted_no_part_is_searched(
    knowledge: Knowledge, settings: WorkerSettings
) -> None:
    for quotes, parts in ((True, 2), (False, 0)):
        (both,) = prepared(knowledge, settings, BOTH, quotes=quotes)
        assert isinstance(both, PreparedQuestion)
        assert len(both.parts) == parts
