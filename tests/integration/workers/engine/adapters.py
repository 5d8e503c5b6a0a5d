"""A LoRA adapter with random weights, as peft's `save_pretrained` writes one."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

#: Gemma 3 270M: width of the model, of its queries, and its layers.
_WIDTH, _QUERIES, _LAYERS = 640, 1024, 18


def write_adapter(folder: Path, *, rank: int = 4, width: int = _WIDTH, scale: float = 0.5) -> Path:
    """Write an adapter of the query projections; one of another width fits no model here."""
    folder.mkdir(parents=True)
    random = np.random.default_rng(7)
    weights = {}
    for layer in range(_LAYERS):
        module = f"base_model.model.model.layers.{layer}.self_attn.q_proj"
        lora_a = random.normal(size=(rank, width)).astype(np.float32)
        weights[f"{module}.lora_A.weight"] = lora_a
        weights[f"{module}.lora_B.weight"] = scale * random.normal(size=(_QUERIES, rank)).astype(
            np.float32
        )
    save_file(weights, folder / "adapter_model.safetensors")
    config = {
        "peft_type": "LORA",
        "r": rank,
        "lora_alpha": 2 * rank,
        "target_modules": ["q_proj"],
        "bias": "none",
        "task_type": "CAUSAL_LM",
    }
    (folder / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder
