"""Which model a setting names, and what is said where it cannot be used."""

from pathlib import Path

import pytest

from workers.engine.embedded import MODELS
from workers.engine.model import ModelError, embedded_model, model_folder, model_source
from workers.settings import WorkerSettings


@pytest.mark.parametrize("name", MODELS)
def test_an_embedded_model_must_be_prepared(name: str, settings: WorkerSettings) -> None:
    settings = settings.model_copy(update={"model": name})
    with pytest.raises(ModelError, match=r"not prepared yet: .*`atende model prepare`"):
        model_source(settings)
    model_folder(settings, embedded_model(name)).mkdir(parents=True)
    with pytest.raises(ModelError, match=r"is damaged: manifest\.json is missing"):
        model_source(settings)


def test_each_embedded_model_has_a_folder_of_its_own(settings: WorkerSettings) -> None:
    folders = {model_folder(settings, model) for model in MODELS.values()}
    assert len(folders) == len(MODELS)


def test_an_embedded_model_that_there_is_not_is_told_from_those_that_there_are() -> None:
    with pytest.raises(
        ModelError, match=r"`embedded:huge`\. There are `embedded` .*`embedded:tiny`"
    ):
        model_source(WorkerSettings(model="embedded:huge"))


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    with pytest.raises(ModelError, match=r"without config\.json"):
        model_source(WorkerSettings(model=str(folder)))
    (folder / "config.json").write_text("{}")
    source = model_source(WorkerSettings(model=str(folder)))
    assert (source.location, source.name) == (str(folder), "mine")
    assert not source.demonstration


@pytest.mark.parametrize("name", ["/no/such/folder", "./nowhere", "a/b/c", "~/gone", "bad name!"])
def test_what_is_neither_folder_nor_hub_name_is_named(name: str) -> None:
    with pytest.raises(ModelError, match="there is no such folder"):
        model_source(WorkerSettings(model=name))


def test_a_hub_name_offline_must_be_in_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    assert model_source(WorkerSettings(model="atende-test/none")).location == "atende-test/none"
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        model_source(WorkerSettings(model="atende-test/none"))
