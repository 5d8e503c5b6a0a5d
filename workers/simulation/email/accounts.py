"""The people with a mailbox, in the file in which Dovecot looks them up."""

import hmac
import threading
from pathlib import Path

from workers.simulation.email.errors import PostOfficeError


class Accounts:
    """Addresses with their passwords. Safe for threads.

    Args:
        file: that Dovecot reads; it sees each change at once.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._passwords: dict[str, str] = {}
        self._lock = threading.Lock()

    def add(self, address: str, password: str) -> None:
        """Give somebody a mailbox, or another password."""
        if any(mark in address + password for mark in ":\n{}"):
            raise PostOfficeError("Addresses and passwords of a trial hold no colon and no brace.")
        with self._lock:
            self._passwords[address.lower()] = password
            lines = [f"{user}:{{PLAIN}}{secret}\n" for user, secret in self._passwords.items()]
            # In place: its owner is the one that Dovecot runs as.
            self._file.write_text("".join(lines), "utf-8")

    def password(self, address: str) -> str:
        """Somebody's password."""
        with self._lock:
            return self._passwords[address.lower()]

    def known(self, address: str) -> bool:
        """Whether there is such a mailbox."""
        with self._lock:
            return address.lower() in self._passwords

    def opens(self, address: str, password: str) -> bool:
        """Whether a password is the right one."""
        with self._lock:
            own = self._passwords.get(address.lower())
        return own is not None and hmac.compare_digest(own.encode(), password.encode())
