"""A model's shape, from its config.json: how much work a token is. Weights need not be here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from huggingface_hub import try_to_load_from_cache

#: Parts of a config.json of a model that also sees or hears.
_SENSES = ("vision_config", "audio_config")
#: Names of the experts that a token passes, and of their width; families differ.
_EXPERTS = ("num_experts_per_tok", "moe_topk", "top_k_experts")
_EXPERT_WIDTH = ("moe_intermediate_size", "expert_intermediate_size")


@dataclass(frozen=True, slots=True)
class ModelShape:
    """What is known of a model before it is loaded.

    Attributes:
        parameters: that a token passes in all layers, without the tables of words; None where
            config.json does not say it in the usual names.
        senses: it takes pictures or sounds too.
    """

    parameters: int | None
    senses: bool

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> Self:
        """From the content of config.json."""
        text = config.get("text_config") or config
        return cls(_parameters(text), any(config.get(part) for part in _SENSES))


def read_shape(location: str) -> ModelShape | None:
    """The shape of a folder's or hub name's model; None where its files are not on this machine."""
    path: object = Path(location, "config.json")
    if not Path(location).is_dir():
        path = try_to_load_from_cache(location, "config.json")
    try:
        return ModelShape.of(json.loads(Path(str(path)).read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError):  # vLLM says what is wrong with it
        return None


def _parameters(config: Mapping[str, Any]) -> int | None:
    """Weights of all layers: attention, and the three matrices of a gated feed-forward part."""
    try:
        width, layers = int(config["hidden_size"]), int(config["num_hidden_layers"])
        dense = int(config["intermediate_size"])
        heads = int(config.get("num_attention_heads") or 0)
        # Gemma leaves out what its family has by default: as many numbers as it is wide, then.
        head = int(config.get("head_dim") or (width // heads if heads else width))
        key_heads = int(config.get("num_key_value_heads") or heads or 1)
        experts = _first(config, _EXPERTS)
        feed_forward = experts * _first(config, _EXPERT_WIDTH, dense) if experts else dense
    except (KeyError, TypeError, ValueError):
        return None
    attention = 2 * width * head * ((heads or 1) + key_heads)
    return layers * (attention + 3 * width * feed_forward)


def _first(config: Mapping[str, Any], names: tuple[str, ...], otherwise: int = 0) -> int:
    return next((int(config[name]) for name in names if config.get(name)), otherwise)
