import json

import pytest
import structlog

from workers.contracts import logs


def test_an_error_is_logged_by_its_places_alone() -> None:
    def fails() -> None:
        raise ValueError("Maria Silva")

    with pytest.raises(ValueError, match="Maria") as error:
        fails()
    told = logs.places(error.value)
    assert told[-1].endswith("fails")
    assert "Maria" not in str(told)


def test_events_are_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        logs.configure()
        logs.logger("test").info("request", route="/v1/questions")
    finally:
        structlog.reset_defaults()
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["route"], line["level"]) == ("request", "/v1/questions", "info")
    assert line["timestamp"].endswith("Z")
