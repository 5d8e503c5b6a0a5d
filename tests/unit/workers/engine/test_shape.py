import json
from pathlib import Path
from typing import Any

import pytest

from workers.engine.shape import ModelShape, read_shape

QWEN_05B = {
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
}
QWEN_7B = {
    "hidden_size": 3584,
    "intermediate_size": 18944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
}
LLAMA_70B = {
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "head_dim": 128,
}
#: 30.5 billion in all, of which a token passes 3.3.
QWEN3_30B_A3B = {
    "hidden_size": 2048,
    "intermediate_size": 6144,
    "num_hidden_layers": 48,
    "num_attention_heads": 32,
    "num_key_value_heads": 4,
    "head_dim": 128,
    "num_experts_per_tok": 8,
    "moe_intermediate_size": 768,
}
#: As published: what its family has by default is left out.
GEMMA_3_4B = {
    "text_config": {"hidden_size": 2560, "intermediate_size": 10240, "num_hidden_layers": 34},
    "vision_config": {"hidden_size": 1152},
}


@pytest.mark.parametrize(
    ("config", "billions"),
    [
        (QWEN_05B, 0.36),  # published without the tables of words: 0.36, 6.53
        (QWEN_7B, 6.53),
        (LLAMA_70B, 68.5),
        (QWEN3_30B_A3B, 2.72),
        (GEMMA_3_4B, 3.56),
    ],
)
def test_parameters_that_a_token_passes_are_counted_from_the_shape(
    config: dict[str, Any], billions: float
) -> None:
    parameters = ModelShape.of(config).parameters
    assert parameters is not None
    assert parameters / 1e9 == pytest.approx(billions, rel=0.02)


def test_a_model_that_sees_is_told_by_its_config() -> None:
    assert ModelShape.of(GEMMA_3_4B).senses
    assert not ModelShape.of(QWEN_7B).senses


@pytest.mark.parametrize("config", [{}, {**QWEN_7B, "intermediate_size": [1, 2]}])
def test_a_shape_in_other_words_is_not_guessed(config: dict[str, Any]) -> None:
    assert ModelShape.of(config) == ModelShape(None, senses=False)


def test_a_folder_is_read_and_what_cannot_be_read_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert read_shape(str(tmp_path)) is None
    assert read_shape("atende-test/not-there") is None
    (tmp_path / "config.json").write_text(json.dumps(QWEN_7B), "utf-8")
    assert read_shape(str(tmp_path)) == ModelShape.of(QWEN_7B)
    for broken in ("{", "[]"):
        (tmp_path / "config.json").write_text(broken, "utf-8")
        assert read_shape(str(tmp_path)) is None
