"""No search, and no change, leaves its tenant: by construction and by property."""

import uuid
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.stores.ids import chunk_ids, record_id
from ingestion.knowledge.stores.points import Where
from ingestion.knowledge.stores.query import Query

pytestmark = [
    pytest.mark.integration,
    # The memory store says that it needs no payload index; the server does.
    pytest.mark.filterwarnings("ignore:Payload indexes have no effect:UserWarning"),
]

#: Names that mean something somewhere: patterns, paths, quotes, other cases, look-alikes, JSON.
NASTY = ["a", "A", "a ", " a", "á", "a\u0301", "*", "%", "a*", "a/b", "../a", "a.b", "null", "true"]
NASTY += ["1", "01", "'", '"', "a\nb", "{}", "[]", "a:b", "tenant", "a\u200b", "😀", "\ud7ff", "-"]

TENANTS = st.one_of(
    st.sampled_from(NASTY),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
)


def record(name: str, digest: str = "00") -> IndexedDocument:
    return IndexedDocument(
        name=name,
        digest=digest,
        recipe="1",
        origin="/docs",
        title=name,
        pages=None,
        chunks=1,
        indexed_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(names=st.lists(TENANTS, min_size=2, max_size=4, unique=True))
def test_equal_documents_of_other_tenants_are_never_seen_nor_touched(
    knowledge: Knowledge, names: list[str]
) -> None:
    run = uuid.uuid4().hex  # examples share a store
    tenants = [f"{name}{run}" for name in names] + [f"{run}{name}" for name in names]
    for tenant in tenants:
        chunks = [Chunk("O preparo pede jejum.", "Preparo"), Chunk(f"Isto é de {tenant!r}.", "X")]
        knowledge.replace(tenant, record("preparo.md"), chunks)
    answers = knowledge.search([(tenant, "preparo e jejum") for tenant in tenants], 50)
    for tenant, passages in zip(tenants, answers, strict=True):
        assert {each.text for each in passages} == {
            "O preparo pede jejum.",
            f"Isto é de {tenant!r}.",
        }
    assert len({passage.id for passages in answers for passage in passages}) == 2 * len(tenants)
    first, second, *rest = tenants
    versions = [knowledge.store.version(tenant) for tenant in [second, *rest]]
    knowledge.rename(first, record("preparo.md"), record("outro.md"))
    knowledge.replace(first, record("preparo.md", "01"), [])
    assert knowledge.delete(first, "preparo.md")
    assert [each.name for each in knowledge.store.documents(first)] == ["outro.md"]
    assert [knowledge.store.version(tenant) for tenant in [second, *rest]] == versions
    assert all(len(each) == 2 for each in knowledge.search([(t, "jejum") for t in rest], 50))
    for tenant in tenants:
        knowledge.delete(tenant, "preparo.md")
        knowledge.delete(tenant, "outro.md")


def test_vectors_of_another_tenant_are_not_copied(knowledge: Knowledge) -> None:
    chunk = Chunk("O preparo pede jejum.", "Preparo")
    knowledge.replace("a", record("preparo.md"), [chunk])
    (theirs,) = chunk_ids("a", "preparo.md", [chunk])
    (mine,) = chunk_ids("b", "preparo.md", [chunk])
    store = knowledge.store
    assert store.copy("b", "preparo.md", {mine: (theirs, chunk)}) == frozenset()
    assert knowledge.search([("b", "jejum")], 5) == [[]]
    assert store.copy("a", "outro.md", {mine: (theirs, chunk)}) == {mine}


def test_nothing_is_asked_or_written_without_a_tenant() -> None:
    vector = np.zeros(3, dtype=np.float32)
    with pytest.raises(ValueError, match="tenant"):
        Query("", "jejum", "jejum", vector)
    with pytest.raises(TypeError):
        Query(text="jejum", typed="jejum", vector=vector)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="tenant"):
        Where("")
    with pytest.raises(TypeError):
        Where(kind="chunk")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("tenant", "name"), [("", "a.md"), ("a", ""), ("a\0b", "c"), ("a", "b\0c")]
)
def test_names_that_could_share_an_id_are_refused(tenant: str, name: str) -> None:
    with pytest.raises(ValueError, match="NUL"):
        record_id(tenant, name)
    with pytest.raises(ValueError, match="NUL"):
        chunk_ids(tenant, name, [Chunk("x", "X")])
