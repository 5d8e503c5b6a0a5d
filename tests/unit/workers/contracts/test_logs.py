import json
from collections.abc import Iterator

import pytest
import structlog

from workers.contracts import logs


@pytest.fixture(autouse=True)
def _defaults() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_an_error_is_logged_by_its_places_alone() -> None:
    def fails() -> None:
        raise ValueError("Maria Silva")

    with pytest.raises(ValueError, match="Maria") as error:
        fails()
    places = logs.places(error.value)
    assert places[-1].endswith("fails")
    assert "Maria" not in str(places)


def test_events_are_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure()
    logs.logger("test").info("request", route="/v1/questions")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["route"], line["level"]) == ("request", "/v1/questions", "info")
    assert line["timestamp"].endswith("Z")


def test_events_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("WARNING")
    logs.logger("test").info("request", status=202)
    assert capsys.readouterr().err == ""
