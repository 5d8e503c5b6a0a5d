"""The channels of an installation, as their files say now: no restart after a repaired token."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from pydantic import SecretStr

from workers.contracts import channel_files, logs
from workers.contracts.channel_files import AnyChannel
from workers.contracts.email_channel import EmailChannel
from workers.contracts.errors import ChannelError
from workers.contracts.whatsapp_channel import WhatsAppChannel

if TYPE_CHECKING:
    from workers.contracts.settings import QueueSettings

_log = logs.logger(__name__)
#: Seconds between two looks at the folder.
_LOOK_SECONDS: Final = 1.0
#: What tells that a file was changed: time, size, inode, mode.
_Mark = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Page:
    """A file as it was last read: its last good channel, and what is wrong with it now."""

    mark: _Mark | None
    channel: AnyChannel | None
    fault: str | None


class ChannelBook:
    """The channels, for threads. Their folder is looked at once a second at most.

    A file that cannot be used is logged once for each change, and listed in `faults`; it harms no
    other channel, and its own goes on as it was last read.

    Args:
        folder: where the files are; one that is missing holds no channel.
        environment: where secrets may stand that are in no file.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] = os.environ,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder
        self._environment = environment
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_at: float | None = None
        self._pages: dict[str, _Page] = {}
        self._channels: dict[str, AnyChannel] = {}
        self._faults: dict[str, str] = {}

    @classmethod
    def open(cls, settings: "QueueSettings") -> Self:
        """The channels of this installation."""
        return cls(settings.channels_dir)

    def all(self) -> tuple[AnyChannel, ...]:
        """Every channel, by name."""
        return tuple(self._current().values())

    def named(self, name: str) -> AnyChannel | None:
        """The channel of a name; None where there is none."""
        return self._current().get(name)

    def whatsapp(self, phone_number_id: str) -> WhatsAppChannel | None:
        """The channel of a number, by what Meta calls it; None where there is none."""
        for channel in self.numbers():
            if channel.phone_number_id == phone_number_id:
                return channel
        return None

    def app_secrets(self) -> Mapping[str, SecretStr]:
        """What webhooks may be signed with, by app (`WhatsAppChannel.app`)."""
        return {channel.app: channel.app_secret for channel in self.numbers()}

    def numbers(self) -> tuple[WhatsAppChannel, ...]:
        """The channels at WhatsApp, by name."""
        return tuple(each for each in self._current().values() if isinstance(each, WhatsAppChannel))

    def email(self) -> tuple[EmailChannel, ...]:
        """The channels by e-mail, by name."""
        return tuple(each for each in self._current().values() if isinstance(each, EmailChannel))

    def addresses(self, tenant: str) -> frozenset[str]:
        """All addresses of a tenant's channels, in small letters: mail from them is its own.

        Those that mails are forwarded to count: what answers there must not be answered.
        """
        channels = [each for each in self.email() if each.tenant == tenant]
        forwarded = {each.forward_to.lower() for each in channels if each.forward_to}
        return frozenset(forwarded).union(*(channel.addresses for channel in channels))

    def faults(self) -> Mapping[str, str]:
        """What is wrong, by the name of the file's channel; sentences for people."""
        self._current()
        return self._faults

    def _current(self) -> dict[str, AnyChannel]:
        with self._lock:
            now = self._clock()
            if self._looked_at is None or now - self._looked_at >= _LOOK_SECONDS:
                self._look()
                self._looked_at = now
            return self._channels

    def _look(self) -> None:
        marks = {path: _mark(path) for path in self._files()}
        pages = {
            path.name.removesuffix(channel_files.SUFFIX): (path, mark)
            for path, mark in sorted(marks.items())
        }
        if self._looked_at is not None and pages.keys() == self._pages.keys():
            changed = any(self._pages[name].mark != mark for name, (_, mark) in pages.items())
            if not changed:
                return
        self._pages = {name: self._page(name, *page) for name, page in pages.items()}
        self._index()

    def _files(self) -> list[Path]:
        try:
            return [path for path in self.folder.iterdir() if path.suffix == channel_files.SUFFIX]
        except FileNotFoundError:
            return []
        except OSError as error:
            _log.error("channels_folder_unreadable", error=type(error).__name__)
            return [channel_files.path_of(self.folder, name) for name in self._pages]

    def _page(self, name: str, path: Path, mark: _Mark | None) -> _Page:
        before = self._pages.get(name)
        if before is not None and before.mark == mark:
            return before
        try:
            return _Page(mark, channel_files.read(path, self._environment), None)
        except ChannelError as error:
            kept = before.channel if before else None
            _log.error("channel_unusable", channel=name, fault=str(error), kept=kept is not None)
            return _Page(mark, kept, str(error))

    def _index(self) -> None:
        """Of two files that serve the same number or mailbox the first is used."""
        channels: dict[str, AnyChannel] = {}
        faults = {name: page.fault for name, page in self._pages.items() if page.fault}
        servants: dict[tuple[str, str], str] = {}
        for name, page in self._pages.items():
            if page.channel is None:
                continue
            served = [(page.channel.kind, each) for each in sorted(page.channel.served)]
            first = next((servants[each] for each in served if each in servants), name)
            if first == name:
                channels[name] = page.channel
                servants.update(dict.fromkeys(served, name))
            else:
                faults[name] = (
                    f"Its {page.channel.SERVES} is that of the channel {first}, which is used. "
                    f"Correct one of them, or remove this one: atende channels remove {name}"
                )
                _log.error("channel_twice", channel=name, first=first)
        self._channels, self._faults = channels, faults


def _mark(path: Path) -> _Mark | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino, state.st_mode
