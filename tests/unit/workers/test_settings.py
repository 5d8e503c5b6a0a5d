import pytest
from pydantic import ValidationError

from workers.contracts.question import Way
from workers.settings import WorkerSettings


@pytest.mark.parametrize(
    ("answer", "model", "way"),
    [
        ("auto", "embedded", Way.QUOTE),
        ("auto", "embedded:small", Way.QUOTE),
        ("auto", "embedded:tiny", Way.QUOTE),
        ("auto", "Qwen/Qwen3-32B", Way.WRITE),
        ("auto", "/models/clinica", Way.WRITE),
        ("auto", "embedded-models/clinica", Way.WRITE),
        ("write", "embedded", Way.WRITE),
        ("quote", "Qwen/Qwen3-32B", Way.QUOTE),
    ],
)
def test_an_embedded_model_s_answers_are_quoted_unless_something_else_is_said(
    answer: str, model: str, way: Way
) -> None:
    assert WorkerSettings.model_validate({"answer": answer, "model": model}).way is way


def test_another_way_of_answering_is_refused() -> None:
    with pytest.raises(ValidationError, match="answer"):
        WorkerSettings.model_validate({"answer": "guess"})


def test_by_default_the_model_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATENDE_ANSWER")
    monkeypatch.delenv("ATENDE_MODEL")
    assert WorkerSettings().answer == "auto"
    assert WorkerSettings().way is Way.QUOTE


def test_claims_must_be_renewed_well_before_they_are_taken_over() -> None:
    with pytest.raises(ValidationError, match="twice"):
        WorkerSettings(heartbeat_seconds=10, takeover_seconds=19)
    assert WorkerSettings(heartbeat_seconds=10, takeover_seconds=20)
