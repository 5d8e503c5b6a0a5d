import pytest

from workers.answering.prepare import answering_digest
from workers.settings import WorkerSettings


def test_equal_settings_answer_alike() -> None:
    one, other = WorkerSettings(), WorkerSettings(callback_per_host=3)
    assert answering_digest("p", "m", one) == answering_digest("p", "m", other)


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": 0.7},
        {"answer_tokens": 50},
        {"thinking_tokens": 0},
        {"context_tokens": 1024},
        {"passages": 3},
        {"engine_args": {"quantization": "fp8"}},
        {"gate_similarity": 0.8},
        {"embedding": "another"},
        {"answer": "quote"},
    ],
)
def test_whatever_changes_an_answer_changes_the_digest(change: dict[str, object]) -> None:
    before = answering_digest("p", "m", WorkerSettings())
    settings = WorkerSettings.model_validate(change)
    assert answering_digest("p", "m", settings) != before
    assert answering_digest("q", "m", WorkerSettings()) != before
    assert answering_digest("p", "n", WorkerSettings()) != before
