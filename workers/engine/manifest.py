"""What a prepared model's folder holds, with the hash of each file."""

import hashlib
import json
import os
from pathlib import Path
from typing import Final

#: Layout of a prepared model's folder; folders of another layout are prepared anew.
LAYOUT: Final = 2
MANIFEST: Final = "manifest.json"


def write_manifest(folder: Path, model: str) -> None:
    """Note the files, and see that all of them reach the disk.

    A power cut after the folder is renamed must not leave empty files.
    """
    files = {path.name: sha256(path) for path in sorted(folder.iterdir())}
    manifest = {"format": LAYOUT, "model": model, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for path in folder.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())


def damage(folder: Path) -> str | None:
    """What is wrong with a prepared folder, or None. Reads every file (1 GB/s)."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        if manifest["format"] != LAYOUT:
            return "it was prepared by another version of Atende"
        for name, digest in manifest["files"].items():
            if sha256(folder / name) != digest:
                return f"{name} differs from what was prepared"
    except FileNotFoundError as error:
        return f"{Path(error.filename).name} is missing"
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        return f"its manifest cannot be read ({error})"
    return None


def sha256(path: Path) -> str:
    """A file's SHA-256, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
