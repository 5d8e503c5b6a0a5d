import pytest

from workers.answering.prepare import answering_version
from workers.settings import WorkerSettings


def test_equal_settings_answer_alike() -> None:
    one, other = WorkerSettings(), WorkerSettings(callback_per_host=3)
    assert answering_version("p", "m", one) == answering_version("p", "m", other)


@pytest.mark.parametrize(
    "changed",
    [
        {"temperature": 0.7},
        {"answer_tokens": 50},
        {"context_tokens": 1024},
        {"passages": 3},
        {"engine_args": {"quantization": "fp8"}},
        {"gate_similarity": 0.8},
        {"embedding": "another"},
    ],
)
def test_whatever_changes_an_answer_changes_the_version(changed: dict[str, object]) -> None:
    before = answering_version("p", "m", WorkerSettings())
    settings = WorkerSettings.model_validate(changed)
    assert answering_version("p", "m", settings) != before
    assert answering_version("q", "m", WorkerSettings()) != before
    assert answering_version("p", "n", WorkerSettings()) != before
