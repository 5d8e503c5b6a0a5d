"""A path to the files in it: which are documents, and which are left out, and why."""

import os
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ingestion.parsing import PARSERS, suffix_of

MIB = 1024 * 1024

#: Formats that people have beside ours, and what to do with them.
ADVICE = {
    ".doc": "Save it as .docx.",
    ".rtf": "Save it as .docx.",
    ".odt": "Save it as .docx.",
    ".xls": "Save it as CSV.",
    ".xlsx": "Save it as CSV.",
    ".ods": "Save it as CSV.",
    ".ppt": "Save it as PDF.",
    ".pptx": "Save it as PDF.",
}


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be read.

    Attributes:
        path: where it is.
        name: its path below the root, with `/`, in NFC: macOS writes names decomposed.
        size: bytes.
    """

    path: Path
    name: str
    size: int

    def read(self) -> bytes:
        """Its bytes.

        Raises:
            OSError: it went, or may not be read.
        """
        return self.path.read_bytes()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is left out, and why."""

    name: str
    reason: str


def find(path: Path, root: Path, max_file_mb: int) -> Iterator[Source | Skipped]:
    """The files at `path`, sorted by name; hidden files and folders are not mentioned.

    Args:
        path: a file, or a folder with all its folders. Links to outside of it are left out.
        root: the folder that names are relative to.
        max_file_mb: largest file, in MiB.

    Raises:
        FileNotFoundError: there is nothing at `path`.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder at {path}. Nothing was changed.")
    for each in [path] if path.is_file() else sorted(_walk(path)):
        yield _judge(each, name_of(each, root), root, max_file_mb)


def root_of(path: Path, known: Collection[Path] = ()) -> Path:
    """The folder that names are relative to.

    The folder itself, or the file's; but where documents came from a folder further out before,
    that one, so that a file keeps its name when it is ingested alone.
    """
    own = path if path.is_dir() else path.parent
    return min(
        (folder for folder in known if path.is_relative_to(folder)),
        key=lambda folder: len(folder.parts),
        default=own,
    )


def name_of(path: Path, root: Path) -> str:
    """A document's name from its path: relative, with `/`, in NFC."""
    return unicodedata.normalize("NFC", path.relative_to(root).as_posix())


def digest(data: bytes) -> str:
    """sha256 in hex: equal bytes are an unchanged document."""
    return sha256(data).hexdigest()


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not _hidden(name)]
        yield from (Path(parent, name) for name in files if not _hidden(name))


def _hidden(name: str) -> bool:
    """Dot files, and the lock files that Word leaves beside an open document."""
    return name.startswith((".", "~$"))


def _judge(path: Path, name: str, root: Path, max_file_mb: int) -> Source | Skipped:
    suffix = suffix_of(name)
    if suffix not in PARSERS:
        advice = ADVICE.get(suffix, f"Atende reads {', '.join(sorted(PARSERS))}.")
        return Skipped(name, f"Files of type {suffix or 'without ending'} are not read. {advice}")
    if not path.resolve().is_relative_to(root.resolve()):
        return Skipped(name, "It is a link to outside of the folder. Copy the file into it.")
    if not path.is_file():
        return Skipped(name, "It is no regular file, or a link to nothing.")
    size = path.stat().st_size
    if size > max_file_mb * MIB:
        return Skipped(
            name,
            f"It has {size / MIB:.0f} MiB, more than the {max_file_mb} that ATENDE_MAX_FILE_MB "
            f"allows. Split it, or raise the limit.",
        )
    return Source(path, name, size)
