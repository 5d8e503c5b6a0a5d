import json
from collections.abc import Iterator

import pytest
import structlog

from workers.contracts import logs


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    yield
    logs.configure()
    structlog.reset_defaults()


def test_an_error_is_logged_by_its_places_alone() -> None:
    def fails() -> None:
        raise ValueError("Maria Silva")

    with pytest.raises(ValueError, match="Maria") as error:
        fails()
    told = logs.places(error.value)
    assert told[-1].endswith("fails")
    assert "Maria" not in str(told)


def test_events_are_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logs.logger("test").info("request", route="/v1/questions")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["route"], line["level"]) == ("request", "/v1/questions", "info")
    assert line["timestamp"].endswith("Z")


def test_a_request_s_line_is_what_a_logger_writes(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logs.line("request", status=202, tenant="clínica")
    logs.logger("test").info("request", status=202, tenant="clínica")
    ours, loggers = (json.loads(text) for text in capsys.readouterr().err.splitlines())
    assert ours.pop("timestamp")[:10] == loggers.pop("timestamp")[:10]
    assert ours == loggers


def test_a_request_s_line_heeds_the_level(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("WARNING")
    logs.line("request", status=202)
    assert capsys.readouterr().err == ""
