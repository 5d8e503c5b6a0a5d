"""Where the exported chats of a source lie: a text, a zip with its media, a folder of both."""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.channels.backfill.sources.source import HEAD_BYTES, SourceError, unreadable
from workers.channels.backfill.sources.whatsapp.heads import head_of

#: Bytes of a chat's text at most: ten years of a busy reception are 50 MB.
_MOST_BYTES: Final = 1 << 30
#: A chat is 4 to 10 times its size in a zip; a bomb is a thousand times. Asked behind so many
#: bytes, since a short text may say one thing only.
_MOST_RATIO: Final = 100
_FREE_BYTES: Final = 16 << 20
#: Bytes of a zip's list of files: an export has 10,000 pictures at most.
_MOST_LIST: Final = 16 << 20
_ZIP: Final = b"PK\x03\x04"
_LIST_END: Final = b"PK\x05\x06"
_LIST_SIZE: Final = slice(12, 16)
_LIST_TAIL: Final = 66_000
#: Texts of a zip: whoever packs more chats gives a folder.
_MOST_TEXTS: Final = 1_000
#: Lines by which a chat is told.
_FIRST_LINES: Final = 8

#: What telephones call their exports, and of whom they are.
_NAMED: Final = re.compile(
    r"(?:conversa do whatsapp (?:com|-)|whatsapp chat (?:with|-)) ?(?P<contact>.+?)"
    r"(?: ?\(\d+\))?(?:\.\w+)?",
    re.IGNORECASE,
)
_INNER: Final = "_chat.txt"
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Chat:
    """One exported chat.

    Attributes:
        name: of its file, without ending.
        open: its text, from its beginning.
    """

    name: str
    open: Callable[[], io.BufferedReader]

    @property
    def contact(self) -> str:
        """Whom its file's name says that it is with; empty where it says nothing."""
        match = _NAMED.fullmatch(self.name)
        return match["contact"] if match else ""


def is_chat(head: bytes) -> bool:
    """Whether a file that begins so is a chat's text."""
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    lines = head.decode(encoding, errors="replace").split("\n")
    return any(head_of(line.rstrip("\r")) for line in lines[:_FIRST_LINES])


def holds_chats(path: Path, head: bytes) -> bool:
    """Whether a file that begins so, or a folder, holds chats."""
    if path.is_dir():
        return next(_in_folder(path), None) is not None
    if not head.startswith(_ZIP):
        return is_chat(head)
    try:
        return next(_in_zip(path), None) is not None
    except SourceError:
        return False


def chats_in(path: Path) -> list[Chat]:
    """The chats at a path, by their names; none where there is none.

    Raises:
        SourceError: it is a zip that must not or cannot be opened.
    """
    try:
        if path.is_dir():
            return sorted(_in_folder(path), key=lambda chat: chat.name)
        with path.open("rb") as file:
            is_zip = file.read(len(_ZIP)) == _ZIP
        if is_zip:
            return sorted(_in_zip(path), key=lambda chat: chat.name)
    except OSError as error:
        raise unreadable(path, error) from error
    return [Chat(path.stem, lambda: path.open("rb"))]


def _in_folder(folder: Path) -> Iterator[Chat]:
    for path in sorted(folder.iterdir()):
        if not path.is_file() or path.suffix.lower() not in (".txt", ".zip"):
            continue
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if holds_chats(path, head):
            yield from chats_in(path)


def _in_zip(path: Path) -> Iterator[Chat]:
    for member in _texts(path):

        def opened(member: zipfile.ZipInfo = member) -> io.BufferedReader:
            return io.BufferedReader(_Member(path, member))

        inner = Path(member.filename)
        name = path.stem if inner.name == _INNER else inner.stem
        with opened() as stream:
            head = stream.read(HEAD_BYTES)
        if is_chat(head):
            yield Chat(name, opened)


def _texts(path: Path) -> list[zipfile.ZipInfo]:
    """The texts of a zip; media are never opened."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _LIST_TAIL))
        tail = file.read()
    end = tail[tail.rfind(_LIST_END) :]
    if int.from_bytes(end[_LIST_SIZE], "little") > _MOST_LIST:
        raise _crowded(path)
    try:
        with zipfile.ZipFile(path) as archive:
            texts = [each for each in archive.infolist() if _is_text(each)]
    except _BROKEN as error:
        raise _broken(path) from error
    if len(texts) > _MOST_TEXTS:
        raise _crowded(path)
    return texts


def _is_text(member: zipfile.ZipInfo) -> bool:
    name = Path(member.filename)
    is_shadow = name.name.startswith("._") or "__MACOSX" in name.parts
    return name.suffix.lower() == ".txt" and not is_shadow


def _crowded(path: Path) -> SourceError:
    return SourceError(
        f"{path} holds more files than an exported chat has. Nothing was read. Give the zip as the "
        f"telephone made it, or a folder with the texts out of it."
    )


def _broken(path: Path) -> SourceError:
    return SourceError(
        f"{path} is damaged, locked with a password, or packed in a way that is not known here. "
        f"Nothing was read. Export the chat again, or give the text out of the zip."
    )


class _Member(io.RawIOBase):
    """A text of a zip, read no further than a chat can be long, whatever its list says."""

    def __init__(self, path: Path, member: zipfile.ZipInfo) -> None:
        self._path, self._packed, self._read = path, member.compress_size, 0
        try:
            self._archive = zipfile.ZipFile(path)
            self._stream = self._archive.open(member)
        except _BROKEN as error:
            raise _broken(path) from error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fill a buffer; the number of bytes, 0 at the end.

        Raises:
            SourceError: it is damaged, or a bomb.
        """
        try:
            piece = self._stream.read(len(buffer))
        except _BROKEN as error:
            raise _broken(self._path) from error
        buffer[: len(piece)] = piece
        self._read += len(piece)
        is_bomb = self._read > max(_FREE_BYTES, _MOST_RATIO * self._packed)
        if is_bomb or self._read > _MOST_BYTES:
            raise SourceError(
                f"The text in {self._path} is far larger than a chat's can be. It was not read any "
                f"further. If it is one, take it out of the zip and give the text alone."
            )
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
            self._archive.close()
        super().close()
