"""A LoRA adapter: small weights, trained on a clinic's own answers, on top of the model."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.engine.model import ModelError

#: Ranks that vLLM can be started for; the smallest that holds the adapter's is chosen.
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)

Shape = tuple[int, ...]

#: An adapter's weights as peft names them: A is as wide as the module's input, B as its output.
_ADAPTER_WEIGHT = re.compile(
    r"base_model\.model\.(?P<module>.+)\.lora_(?P<side>[AB])(?:\.default)?\.weight"
)

_CONFIG = "adapter_config.json"
_WEIGHTS = ("adapter_model.safetensors", "adapter_model.bin", "adapter_model.pt")


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter as peft's `save_pretrained` writes it.

    Attributes:
        name: what answers show behind the model's name.
        folder: where its files are.
        rank: vLLM's `max_lora_rank` for it.
    """

    name: str
    folder: Path
    rank: int


def adapter_of(setting: str | None) -> Adapter | None:
    """The adapter that `ATENDE_LORA` names: a folder, or a hub name, which is downloaded once.

    Raises:
        ModelError: it is not there, or no adapter that vLLM can serve.
    """
    if not setting:
        return None
    folder = Path(setting).expanduser()
    if not folder.is_dir():
        folder = _download(setting)
    return Adapter(Path(setting).name, folder.resolve(), _rank(_config(setting, folder), setting))


def check_fit(
    adapter: Adapter,
    model: str,
    adapter_shapes: Mapping[str, Shape],
    model_shapes: Mapping[str, Shape],
) -> None:
    """Refuse an adapter that was trained on a model of another size.

    vLLM does not: it pads what is too narrow, and writes nonsense (seen).

    Args:
        adapter: which one.
        model: the model's name.
        adapter_shapes: by weight.
        model_shapes: by weight. vLLM judges the weights that only one of the two has.

    Raises:
        ModelError: naming the first weight that does not fit.
    """
    for name, shape in sorted(adapter_shapes.items()):
        match = _ADAPTER_WEIGHT.fullmatch(name)
        model_shape = model_shapes.get(f"{match['module']}.weight") if match else None
        if match is None or model_shape is None:
            continue
        side = 1 if match["side"] == "A" else 0
        if shape[side] != model_shape[side]:
            raise ModelError(
                f"The adapter ATENDE_LORA={adapter.folder} was trained on another model than "
                f"{model}: {match['module']} has {model_shape[side]} numbers there, and "
                f"{shape[side]} in the adapter. Set ATENDE_MODEL to the adapter's model."
            )


def _download(name: str) -> Path:
    from huggingface_hub import snapshot_download  # noqa: PLC0415 (0.3 s)
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError  # noqa: PLC0415

    if name.startswith((".", "/", "~")):
        raise ModelError(f"ATENDE_LORA={name} cannot be used: there is no such folder.")
    try:
        return Path(snapshot_download(name, allow_patterns=["adapter_*"]))
    except (HFValidationError, HfHubHTTPError, OSError) as error:
        raise ModelError(
            f"ATENDE_LORA={name} cannot be used: there is no such folder, and as a hub name it "
            f"could not be fetched ({error})."
        ) from error


def _config(setting: str, folder: Path) -> dict[str, Any]:
    try:
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"ATENDE_LORA={setting} holds no {_CONFIG}. "
            "vLLM needs a folder as peft's save_pretrained writes it."
        ) from None
    except (OSError, ValueError) as error:
        raise ModelError(f"ATENDE_LORA={setting}: {_CONFIG} cannot be read ({error}).") from error
    if not any((folder / name).is_file() for name in _WEIGHTS):
        raise ModelError(f"ATENDE_LORA={setting} holds no weights: {_WEIGHTS[0]} is missing.")
    if not isinstance(config, dict) or config.get("peft_type") != "LORA":
        raise ModelError(f"ATENDE_LORA={setting} is no LoRA adapter, says its {_CONFIG}.")
    return config


def _rank(config: dict[str, Any], setting: str) -> int:
    patterns = config.get("rank_pattern") or {}
    try:
        rank = max(int(config["r"]), *map(int, patterns.values()), 1)
        return min(served for served in RANKS if served >= rank)
    except (KeyError, TypeError, ValueError):
        raise ModelError(
            f"ATENDE_LORA={setting}: the rank in its {_CONFIG} is {config.get('r')!r}; "
            f"vLLM serves ranks up to {RANKS[-1]}."
        ) from None
