import pytest
from pydantic import ValidationError

from api.settings import ApiSettings


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATENDE_PORT", "9000")
    monkeypatch.setenv("ATENDE_CALLBACK_ALLOW_PRIVATE", "true")
    settings = ApiSettings()
    assert settings.port == 9000
    assert settings.callback_allow_private


def test_long_polls_leave_threads_for_everyone_else() -> None:
    assert ApiSettings(threads=8).most_long_polls == 6


@pytest.mark.parametrize("wrong", [{"port": 70_000}, {"threads": 1}, {"batch_limit": 0}])
def test_what_cannot_work_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        ApiSettings.model_validate(wrong)
