"""The files of a path: which are documents, which are left out, and why."""

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

#: Suffixes of formats that are not read, and what to do with such files.
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

#: First bytes of a file that tell its format where its name has no known ending.
HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class InputFile:
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
            UnreadableFileError: it is gone, may not be read, or is no regular file any more.
        """
        try:
            return _bytes_of(self.path)
        except OSError as error:
            raise UnreadableFileError.because(error) from error


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that is left out, and why.

    Attributes:
        name: its name.
        reason: why, and what to do.
        failed: whether it is a document that should have been read.
    """

    name: str
    reason: str
    failed: bool = False


def files_at(path: Path, root: Path, max_file_mb: int) -> Iterator[InputFile | SkippedFile]:
    """The files at `path`, sorted by name; hidden files and folders are passed over.

    Args:
        path: a file, or a folder with all its folders. Links to outside of it are left out.
        root: the folder that names are relative to.
        max_file_mb: largest file, in MiB.

    Raises:
        FileNotFoundError: there is nothing at `path`.
    """
    if not path.exists():
        raise FileNotFoundError(f"There is no file or folder at {path}. Nothing was changed.")
    items: list[InputFile | SkippedFile] = []
    for entry in _walk(path, root) if path.is_dir() else [path]:
        if isinstance(entry, Path):
            items.append(classify(entry, name_of(entry, root), root, max_file_mb))
        else:
            items.append(entry)
    yield from sorted(items, key=lambda item: item.name)


def root_of(path: Path, origins: Collection[Path] = ()) -> Path:
    """The folder that names are relative to.

    The outermost folder around the path that documents came from before, so that a file keeps its
    name when it is ingested alone; else the folder itself, or the file's.
    """
    return min(
        (folder for folder in origins if path.is_relative_to(folder)),
        key=lambda folder: len(folder.parts),
        default=path if path.is_dir() else path.parent,
    )


def name_of(path: Path, root: Path) -> str:
    """A document's name from its path: relative, with `/`, in NFC."""
    return unicodedata.normalize("NFC", path.relative_to(root).as_posix())


def digest(data: bytes) -> str:
    """sha256 in hex: equal bytes are an unchanged document."""
    return sha256(data).hexdigest()


def _walk(folder: Path, root: Path) -> Iterator[Path | SkippedFile]:
    """Files below a folder, and the folders that are not followed or cannot be entered."""
    errors: list[OSError] = []
    for parent, folders, files in os.walk(folder, onerror=errors.append):
        visible = sorted(name for name in folders if not _is_hidden(name))
        links = [name for name in visible if Path(parent, name).is_symlink()]
        folders[:] = [name for name in visible if name not in links]
        yield from (Path(parent, name) for name in files if not _is_hidden(name))
        for name in links:
            reason = "It is a link to a folder, which is not followed. Copy the folder here."
            yield SkippedFile(name_of(Path(parent, name), root), reason)
    for error in errors:
        reason = str(UnreadableFileError.because(error)).replace("this file be", "this folder be")
        closed = Path(str(error.filename or folder))
        yield SkippedFile(name_of(closed, root), reason, failed=True)


def _is_hidden(name: str) -> bool:
    """Whether it is a dot file, or a lock file that Word leaves beside an open document."""
    return name.startswith((".", "~$"))


def classify(path: Path, name: str, root: Path, max_file_mb: int) -> InputFile | SkippedFile:
    """The file as one to read, or as one that is left out; see `files_at`."""
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            if not path.resolve().is_relative_to(root.resolve()):
                return SkippedFile(
                    name, "It is a link to outside of the folder. Copy the file into it."
                )
            status = path.stat()
    except (OSError, RuntimeError):  # a link to itself, or to nothing
        return SkippedFile(name, "It is a link to nothing. Remove it, or copy the file here.")
    if not stat.S_ISREG(status.st_mode):
        return SkippedFile(name, "It is no regular file but a device or a pipe. Remove it.")
    if suffix_of(name) not in FORMATS and (reason := _reason_to_skip(path, suffix_of(name))):
        return SkippedFile(name, reason)
    size = status.st_size
    if size > max_file_mb * MIB:
        return SkippedFile(name, str(TooLargeError.file(size / MIB, max_file_mb)), failed=True)
    return InputFile(path, name, size)


def _reason_to_skip(path: Path, suffix: str) -> str:
    """Why a file of no known suffix is left out; empty where its first bytes are a format's."""
    if advice := ADVICE.get(suffix):
        return f"Files of type {suffix} are not read. {advice}"
    try:
        if sniff(_bytes_of(path, HEAD_BYTES)) in FORMATS:
            return ""
    except (ParseError, OSError):
        return ""  # reading it as a whole says why
    suffixes = ", ".join(sorted(FORMATS))
    return f"Files of type {suffix or 'without ending'} are not read. Atende reads {suffixes}."


def _bytes_of(path: Path, most: int = -1) -> bytes:
    """A file's bytes, or its first ones; never waits for a pipe that took the file's place."""
    with open(path, "rb", opener=_open_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "It is no regular file")
        return file.read(most)


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
