"""A path to the files in it: which are documents, and which are left out, and why."""

import errno
import os
import stat
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ingestion.parsing.errors import ParseError, TooLargeError, UnreadableFileError
from ingestion.parsing.formats import FORMATS, suffix_of
from ingestion.parsing.sniffing import sniff

MIB = 1024 * 1024

#: Formats that people have beside ours, and what to do with them.
ADVICE = {
    ".msg": "Save it as .eml, or export it as PDF.",
    ".wps": "Save it as .docx.",
    ".wpd": "Save it as .docx.",
    ".pages": "Export it as .docx or PDF.",
    ".numbers": "Export it as .xlsx.",
    ".key": "Export it as PDF.",
    ".xps": "Save it as PDF.",
    ".epub": "Convert it to PDF or HTML.",
    ".mht": "Save it as HTML or PDF.",
    ".mhtml": "Save it as HTML or PDF.",
    ".xml": "Export it as CSV, HTML or PDF.",
    ".zip": "Unpack it into the folder.",
    ".rar": "Unpack it into the folder.",
    ".7z": "Unpack it into the folder.",
    **dict.fromkeys(
        (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".bmp", ".webp", ".heic"),
        "Pictures of text are read as PDF: save the scan as PDF.",
    ),
}

#: Bytes of a file's beginning that tell what it is where its name has no ending that we know.
HEAD = 4096


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
            UnreadableFileError: it went, may not be read, or became something else than a file.
        """
        try:
            return _bytes_of(self.path)
        except OSError as error:
            raise UnreadableFileError.because(error) from error


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that is left out, and why.

    Attributes:
        name: its name.
        reason: why, and what to do.
        failed: whether it is a document that should have been read.
    """

    name: str
    reason: str
    failed: bool = False


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
    found: list[Source | Skipped] = []
    for each in _walk(path, root) if path.is_dir() else [path]:
        if isinstance(each, Path):
            found.append(judge(each, name_of(each, root), root, max_file_mb))
        else:
            found.append(each)
    yield from sorted(found, key=lambda item: item.name)


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


def _walk(folder: Path, root: Path) -> Iterator[Path | Skipped]:
    """Files below a folder, and what of it is not followed or cannot be entered."""
    closed: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=closed.append):
        shown = sorted(name for name in folders if not _hidden(name))
        links = [name for name in shown if Path(parent, name).is_symlink()]
        folders[:] = [name for name in shown if name not in links]
        yield from (Path(parent, name) for name in files if not _hidden(name))
        for name in links:
            reason = "It is a link to a folder, which is not followed. Copy the folder here."
            yield Skipped(name_of(Path(parent, name), root), reason)
    for error in closed:
        reason = str(UnreadableFileError.because(error)).replace("this file be", "this folder be")
        where = Path(str(error.filename or folder))
        yield Skipped(name_of(where, root), reason, failed=True)


def _hidden(name: str) -> bool:
    """Dot files, and the lock files that Word leaves beside an open document."""
    return name.startswith((".", "~$"))


def judge(path: Path, name: str, root: Path, max_file_mb: int) -> Source | Skipped:
    """Whether a file is a document; see `find`."""
    try:
        known = path.lstat()
        if stat.S_ISLNK(known.st_mode):
            if not path.resolve().is_relative_to(root.resolve()):
                return Skipped(
                    name, "It is a link to outside of the folder. Copy the file into it."
                )
            known = path.stat()
    except (OSError, RuntimeError):  # a link to itself, or to nothing
        return Skipped(name, "It is a link to nothing. Remove it, or copy the file here.")
    if not stat.S_ISREG(known.st_mode):
        return Skipped(name, "It is no regular file but a device or a pipe. Remove it.")
    if suffix_of(name) not in FORMATS and (reason := _unknown(path, suffix_of(name))):
        return Skipped(name, reason)
    if known.st_size > max_file_mb * MIB:
        return Skipped(name, str(TooLargeError.file(known.st_size / MIB, max_file_mb)), failed=True)
    return Source(path, name, known.st_size)


def _unknown(path: Path, suffix: str) -> str:
    """Why a file whose name tells nothing is left out; nothing where its beginning tells more."""
    if advice := ADVICE.get(suffix):
        return f"Files of type {suffix} are not read. {advice}"
    try:
        if sniff(_bytes_of(path, HEAD)) in FORMATS:
            return ""
    except (ParseError, OSError):
        return ""  # reading it as a whole tells why
    kinds = ", ".join(sorted(FORMATS))
    return f"Files of type {suffix or 'without ending'} are not read. Atende reads {kinds}."


def _bytes_of(path: Path, most: int = -1) -> bytes:
    """A file's bytes, or its first ones; never waits for a pipe that took the file's place."""
    with open(path, "rb", opener=_opened) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "It is no regular file")
        return file.read(most)


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
