import json
from pathlib import Path
from typing import Any

import pytest

from workers.engine.lora import Adapter, adapter_of, check_fit
from workers.engine.model import ModelError

CONFIG = {"peft_type": "LORA", "r": 12}


def adapter(folder: Path, config: object = CONFIG, weights: str = "adapter_model.bin") -> Path:
    (folder / "adapter_config.json").write_text(json.dumps(config))
    (folder / weights).touch()
    return folder


def test_none_is_wanted() -> None:
    assert adapter_of(None) is None
    assert adapter_of("") is None


def test_a_folder_names_itself_and_gets_the_rank_that_holds_it(tmp_path: Path) -> None:
    chosen = adapter_of(str(adapter(tmp_path)))
    assert chosen
    assert (chosen.name, chosen.folder, chosen.rank) == (tmp_path.name, tmp_path, 16)


@pytest.mark.parametrize(
    ("config", "rank"),
    [
        ({"r": 1}, 1),
        ({"r": 8}, 8),
        ({"r": 9}, 16),
        ({"r": 8, "rank_pattern": {"q_proj": 64}}, 64),
        ({"r": 8, "rank_pattern": None}, 8),
        ({"r": 512}, 512),
    ],
)
def test_the_rank_counts_every_layers_own(
    tmp_path: Path, config: dict[str, Any], rank: int
) -> None:
    chosen = adapter_of(str(adapter(tmp_path, CONFIG | config)))
    assert chosen
    assert chosen.rank == rank


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"peft_type": "IA3", "r": 8}, "no LoRA adapter"),
        ([], "no LoRA adapter"),
        ({"peft_type": "LORA"}, "rank in its adapter_config.json is None"),
        ({"peft_type": "LORA", "r": 1000}, "is 1000; vLLM serves ranks up to 512"),
        ({"peft_type": "LORA", "r": "many"}, "is 'many'"),
    ],
)
def test_what_is_no_adapter_is_refused(tmp_path: Path, config: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        adapter_of(str(adapter(tmp_path, config)))


def test_a_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"holds no adapter_config\.json"):
        adapter_of(str(tmp_path))
    (tmp_path / "adapter_config.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be read"):
        adapter_of(str(tmp_path))
    with pytest.raises(ModelError, match=r"adapter_model\.safetensors is missing"):
        adapter_of(str(adapter(tmp_path, weights="other.bin")))


def test_a_folder_that_is_not_there_is_refused() -> None:
    with pytest.raises(ModelError, match="no such folder"):
        adapter_of("/no/such/adapter")


def test_a_hub_name_that_cannot_be_fetched_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="could not be fetched"):
        adapter_of("nobody/nothing-like-this")


def test_an_adapter_of_a_model_of_another_size_is_refused() -> None:
    adapter = Adapter("clinica", Path("/adapters/clinica"), 8)
    layer = "model.layers.0.self_attn.q_proj"
    model = {f"{layer}.weight": (1024, 640)}
    fits = {
        f"base_model.model.{layer}.lora_A.weight": (8, 640),
        f"base_model.model.{layer}.lora_B.weight": (1024, 8),
    }
    check_fit(adapter, "small", fits, model)
    check_fit(adapter, "small", fits, {})  # a hub model that is not fetched yet: vLLM judges
    check_fit(adapter, "small", {"other.weight": (1, 2)}, model)
    narrow = fits | {f"base_model.model.{layer}.lora_A.weight": (8, 320)}
    with pytest.raises(ModelError, match=r"another model than small: .*q_proj has 640 .* 320 in"):
        check_fit(adapter, "small", narrow, model)
    short = fits | {f"base_model.model.{layer}.lora_B.weight": (512, 8)}
    with pytest.raises(ModelError, match="has 1024 numbers there, and 512"):
        check_fit(adapter, "small", short, model)
