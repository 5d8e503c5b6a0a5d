"""Searches a clinic's documents, and says what a reply that quotes them is worth."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.knowledge.search.evidence import Findings
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.pipeline import ingest
from workers.answering.message_parts import message_parts
from workers.answering.quoting.part import Part
from workers.answering.quoting.quote import Excerpt, Quote
from workers.answering.quoting.selector import QUOTED_FROM
from workers.answering.templates import PassageView, Templates
from workers.contracts.conversation import Turn
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.reply import Reply
from workers.evaluation.search import numbers_of
from workers.evaluation.verdicts import Verdict, judge
from workers.settings import WorkerSettings


@contextmanager
def searched(documents: Path) -> Iterator[Knowledge]:
    """A knowledge base of its own with a clinic's documents."""
    with tempfile.TemporaryDirectory() as folder:
        settings = WorkerSettings(data_dir=Path(folder))
        with open_knowledge(settings) as knowledge:
            ingest(documents, "clinic", knowledge)
            yield knowledge


def find(knowledge: Knowledge, question: str) -> Findings:
    """What the search finds."""
    return knowledge.find([Inquiry("clinic", question)], QUOTED_FROM)[0]


def find_parts(
    knowledge: Knowledge, message: str, turns: Sequence[Turn] = (), asked_at: float = 0.0
) -> tuple[Part, ...]:
    """What it finds for each question of a message that asks several, as a worker searches them."""
    parts = message_parts(message, turns, asked_at)
    findings = knowledge.find([part.inquiry("clinic") for part in parts], QUOTED_FROM)
    return tuple(part.with_findings(own) for part, own in zip(parts, findings, strict=True))


def said(excerpts: Sequence[Excerpt], rest: Sequence[str] = ()) -> str:
    """What a patient is told."""
    parts = [PassageView(each.heading, each.text) for each in excerpts]
    return Templates.load(None).quote("pt", parts, rest)


def sent(quote: Quote) -> Reply:
    """The reply with a quote."""
    text = said(quote.excerpts, quote.rest.sections if quote.rest else ())
    documents = dict.fromkeys(each.passage.document for each in quote.excerpts)
    quoted = {"way": "quote", "citations": tuple(documents)}
    return reply("answered", text).model_copy(update=quoted)


def verdict(known: KnownQuestion, findings: Findings, reply: Reply) -> Verdict:
    """What a reply is worth."""
    judgement = judge(known, reply, numbers_of(known, findings.passages))
    if judgement is None:
        raise ValueError(f"{known.id} has no facts")
    return judgement.verdict


def reply(status: str, text: str = "", reason: str | None = None) -> Reply:
    """A reply without its times."""
    return Reply.model_validate({
        "status": status, "reason": reason, "text": text, "citations": (), "model": None,
        "f1": None, "exact": None, "waited": 0.0, "retrieved": 0.0, "generated": 0.0,
    })  # fmt: skip
