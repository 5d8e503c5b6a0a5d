"""What a prepared model's folder holds, with the hash of each file."""

import hashlib
import json
import os
from contextlib import suppress
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


def damage_since(folder: Path) -> str | None:
    """As `damage`, but does not read files that are as they were when they were last found whole.

    The system's own times tell: they change with every write, and nobody can set `st_ctime` back.
    """
    with suppress(OSError):
        if _checked(folder).read_text("utf-8") == _times(folder):
            return None
    reason = damage(folder)
    if reason is None:
        note_whole(folder)
    return reason


def note_whole(folder: Path) -> None:
    """Note that the files are whole now; where the note cannot be written they are read again."""
    with suppress(OSError):
        _checked(folder).write_text(_times(folder), "utf-8")


def _checked(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.checked"


def _times(folder: Path) -> str:
    files = [(path.name, path.stat()) for path in sorted(folder.iterdir())]
    return json.dumps(
        [(name, it.st_ino, it.st_size, it.st_mtime_ns, it.st_ctime_ns) for name, it in files]
    )


def sha256(path: Path) -> str:
    """A file's SHA-256, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
