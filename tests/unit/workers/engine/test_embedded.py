"""The lists of wheels that ship: complete, exact, and in the order of the parts."""

import re

import pytest

from workers.engine.embedded import APACHE, APACHE_TEXT, MODELS, SMALL, EmbeddedModel
from workers.settings import WorkerSettings

COUNTS = {"embedded": 6, "embedded:large": 22, "embedded:tiny": 5}


@pytest.mark.parametrize("setting", COUNTS)
def test_every_part_is_listed_once_and_in_order(setting: str) -> None:
    model = MODELS[setting]
    assert len(model.wheels) == COUNTS[setting]
    numbers = [re.search(r"part(\d+)$", wheel.package) for wheel in model.wheels]
    parts = [int(match[1]) for match in numbers if match]
    assert parts == list(range(1, len(parts) + 1))
    assert {wheel.version for wheel in model.wheels} == {model.version}
    assert len({wheel.sha256 for wheel in model.wheels}) == len(model.wheels)
    assert WorkerSettings(model=setting).has_embedded_model


def test_every_line_of_a_list_is_a_wheel_or_a_remark() -> None:
    for model in MODELS.values():
        lines = (model.lists / f"{model.name}.txt").read_text("utf-8").splitlines()
        remarks = [line for line in lines if line.startswith("#")]
        assert len(lines) - len(remarks) == len(model.wheels)


def test_the_default_of_the_settings_is_an_embedded_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATENDE_MODEL")
    assert MODELS[WorkerSettings().model] is SMALL
    assert not WorkerSettings(model="embedded-models/other").has_embedded_model


@pytest.mark.parametrize("model", [it for it in MODELS.values() if it.licence == APACHE])
def test_who_made_it_and_under_which_terms_is_said(model: EmbeddedModel) -> None:
    assert "Apache License" in model.origin
    assert "https://huggingface.co/Qwen/" in model.origin
    assert "END OF TERMS AND CONDITIONS" in APACHE_TEXT.read_text("utf-8")
