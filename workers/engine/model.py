"""Where the model's files are: prepared here, in a folder, or at the hub."""

from dataclasses import dataclass
from pathlib import Path

from ingestion.knowledge.settings import prepared_models
from workers.engine.embedded import MODELS, EmbeddedModel
from workers.engine.manifest import damage_since
from workers.engine.protocol import EngineStartError
from workers.settings import WorkerSettings


class ModelError(EngineStartError):
    """The model or its adapter cannot be used. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class ModelSource:
    """What the engine loads.

    Attributes:
        location: a folder, or a hub name.
        name: what answers show.
        demonstration: True for an embedded model, which must not advise patients.
    """

    location: str
    name: str
    demonstration: bool


def model_folder(settings: WorkerSettings, model: EmbeddedModel) -> Path:
    """The folder of the prepared model, whether it exists or not."""
    return prepared_models(settings) / f"{model.name}-{model.version}"


def model_source(settings: WorkerSettings) -> ModelSource:
    """The model that `ATENDE_MODEL` names: an embedded one, a folder, or a hub name.

    Raises:
        ModelError: it is not there, or it is damaged.
    """
    if settings.has_embedded_model:
        return _embedded(settings, embedded_model(settings.model))
    path = Path(settings.model).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise ModelError(
                f"ATENDE_MODEL={settings.model} is a folder without config.json. "
                "vLLM needs a folder as transformers' save_pretrained writes it."
            )
        return ModelSource(str(path.resolve()), path.resolve().name, demonstration=False)
    return _hub(settings.model)


def embedded_model(name: str) -> EmbeddedModel:
    """The embedded model of this name.

    Raises:
        ModelError: there is none.
    """
    try:
        return MODELS[name]
    except KeyError:
        names = ", ".join(f"`{known}` ({model.name})" for known, model in MODELS.items())
        raise ModelError(
            f"There is no embedded model `{name}`. There are {names}. Set ATENDE_MODEL to one of "
            "them, to a folder or to a hub name."
        ) from None


def _embedded(settings: WorkerSettings, model: EmbeddedModel) -> ModelSource:
    target = model_folder(settings, model)
    if not target.is_dir():
        raise ModelError(
            f"The embedded model {model.name} is not prepared yet: there is no {target}. "
            "Run `atende model prepare` once (minutes), or set ATENDE_MODEL to a folder or a hub "
            "name."
        )
    if reason := damage_since(target):
        raise ModelError(
            f"The embedded model in {target} is damaged: {reason}. "
            "Run `atende model prepare`: it makes the folder anew."
        )
    return ModelSource(str(target), model.name, demonstration=True)


def _hub(name: str) -> ModelSource:
    from huggingface_hub import constants, try_to_load_from_cache  # noqa: PLC0415 (0.3 s)
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415

    reason = "there is no such folder, and it is no hub name (`organisation/model`)"
    if not name.startswith((".", "/", "~")):
        try:
            cached = try_to_load_from_cache(name, "config.json")
        except HFValidationError:
            pass
        else:
            if isinstance(cached, str) or not constants.HF_HUB_OFFLINE:
                return ModelSource(name, name, demonstration=False)
            reason = "HF_HUB_OFFLINE is set and the hub's cache does not hold it"
    raise ModelError(
        f"ATENDE_MODEL={name} cannot be used: {reason}. "
        "Set it to `embedded`, to a folder, or to the name of a model that can be downloaded."
    )
