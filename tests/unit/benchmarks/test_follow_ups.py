"""The conversations of the sample clinic stand in its documents, as its questions do."""

from collections import Counter
from functools import cache

import pytest

from benchmarks.follow_ups import CLINIC, Conversation, conversations
from ingestion.chunking import chunks_of
from ingestion.parsing import parse

ALL = conversations()


@cache
def _text(name: str) -> str:
    document = parse((CLINIC / "documentos" / name).read_bytes(), name)
    chunks = chunks_of(document, 300, lambda text: len(text.split()))
    return "\n".join(" ".join(chunk.text.split()) for chunk in chunks)


@pytest.mark.parametrize("each", ALL, ids=lambda each: each.known.id)
def test_what_answers_stands_in_its_documents(each: Conversation) -> None:
    texts = [_text(name) for name in each.known.documents]
    assert each.turns
    assert all(any(words in text for text in texts) for words in each.known.passages)
    assert bool(each.known.documents) == bool(each.known.facts)


def test_there_are_enough_of_each_kind() -> None:
    counts = Counter(each.known.kind for each in ALL)
    assert counts.total() >= 60
    assert counts["shift"] >= 10
    assert counts["no_answer"] >= 8
    assert counts["double"] >= 8
    parts = Counter(each.part for each in ALL)
    assert abs(parts["first"] - parts["second"]) <= len(counts)
