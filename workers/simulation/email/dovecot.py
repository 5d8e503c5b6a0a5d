"""Dovecot on this machine, as a process without any rights: mailboxes by IMAP, delivery by LMTP."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.simulation.email.dovecot_settings import OAUTH2_SETTINGS, SETTINGS
from workers.simulation.email.errors import DovecotMissingError, PostOfficeError
from workers.simulation.email.owner import owner

#: Where Debian puts the server; it stands in no PATH of a usual user.
_BINARY: Final = "/usr/sbin/dovecot"
#: Whose settings `dovecot_settings` has.
_VERSION: Final = "2.3."
_PACKAGES: Final = "apt-get install dovecot-imapd dovecot-lmtpd dovecot-sieve"
#: Seconds for it to start on a slow machine.
_START_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the servers of a post office listen, on loopback.

    Attributes:
        imap: in clear, with STARTTLS where there is a certificate.
        imaps: with TLS; 0: not at all.
        lmtp: delivery into the mailboxes.
        smtp: for those who log in; in clear, with STARTTLS where there is a certificate.
        smtps: likewise with TLS.
        relay: for the servers themselves: nobody logs in.
        tokens, safe_tokens: the token server, in clear and with TLS.
    """

    imap: int
    imaps: int
    lmtp: int
    smtp: int
    smtps: int
    relay: int
    tokens: int
    safe_tokens: int


def binary() -> Path:
    """Dovecot's binary.

    Raises:
        DovecotMissingError: it is not there, or of another version.
    """
    path = shutil.which("dovecot") or shutil.which(_BINARY)
    if path is None:
        raise DovecotMissingError(
            "Dovecot, the mail server that this needs, is not installed. Nothing was started. "
            f"Install its Debian packages: {_PACKAGES}"
        )
    command = [path, "--version"]
    version = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if not version.stdout.startswith(_VERSION):
        raise DovecotMissingError(
            f"Dovecot here is {version.stdout.strip() or 'of an unknown version'}; this needs "
            f"{_VERSION}x, as in Debian 12. Nothing was started."
        )
    libraries = Path("/usr/lib/dovecot")
    if libraries.is_dir() and not (libraries / "lmtp").exists():
        raise DovecotMissingError(
            "Dovecot is here without its LMTP server. Nothing was started. Install the Debian "
            f"packages that are missing: {_PACKAGES}"
        )
    return Path(path)


class Dovecot:
    """The mailboxes.

    Args:
        folder: for settings, log and mails; short, since it holds sockets.
        ports: where it listens.
        certificate: files of the chain and of the key; None: no TLS.
    """

    def __init__(
        self, folder: Path, ports: Ports, certificate: tuple[Path, Path] | None = None
    ) -> None:
        self.folder = folder
        self.users = folder / "users"
        self.owner = owner()
        self._ports = ports
        self._certificate = certificate

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start it, and wait until it takes connections.

        Raises:
            DovecotMissingError: it is not installed.
            PostOfficeError: it ends at once, or does not listen.
        """
        command = [str(binary()), "-F", "-c", str(self._write())]
        if setpriv := shutil.which("setpriv"):  # it goes with us, also where we are killed
            command = [setpriv, "--pdeathsig", "TERM", "--", *command]
        process = subprocess.Popen(  # type: ignore[call-overload] # noqa: S603 - our own command
            command,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **self.owner.popen(),
        )
        try:
            self._await(process)
            yield
        finally:
            # Nothing of it is needed any more: an orderly end takes a second and more.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def home(self, address: str) -> Path:
        """Where somebody's mails and rules lie."""
        return self.folder / "home" / address.lower()

    @property
    def log(self) -> str:
        """What it wrote last."""
        file = self.folder / "dovecot.log"
        return file.read_text("utf-8", "replace")[-2000:] if file.exists() else ""

    def _write(self) -> Path:
        """Write the settings; their file."""
        folders = [self.folder, self.folder / "run", self.folder / "home", self.users]
        for folder in folders[1:]:
            folder.mkdir()
        settings, oauth2 = self.folder / "dovecot.conf", self.folder / "oauth2.conf"
        settings.write_text(SETTINGS.substitute(self._values()), "utf-8")
        oauth2.write_text(OAUTH2_SETTINGS.substitute(tokens_port=self._ports.tokens), "utf-8")
        self.owner.own(*folders, settings, oauth2)
        return settings

    def _values(self) -> dict[str, object]:
        sieve = any(Path("/usr/lib/dovecot/modules").glob("*sieve_plugin.so"))
        return {
            "folder": self.folder,
            "ssl": "yes" if self._certificate else "no",
            "certificate": self._certificate_settings(),
            "user": self.owner.user,
            "group": self.owner.group,
            "uid": self.owner.uid,
            "gid": self.owner.gid,
            "sieve": "sieve" if sieve else "",
            "imap_port": self._ports.imap,
            "imaps_port": self._ports.imaps if self._certificate else 0,
            "lmtp_port": self._ports.lmtp,
            "relay_port": self._ports.relay,
        }

    def _certificate_settings(self) -> str:
        """Its own copies: the tests' files are nobody else's to read."""
        if self._certificate is None:
            return ""
        lines = []
        for setting, file in zip(("ssl_cert", "ssl_key"), self._certificate, strict=True):
            copy = self.folder / f"{setting}.pem"
            copy.touch(mode=0o600)
            copy.write_bytes(file.read_bytes())
            self.owner.own(copy)
            lines.append(f"{setting} = <{copy}")
        return "\n".join(lines)

    def _await(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + _START_SECONDS
        for port in (self._ports.imap, self._ports.lmtp):
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise PostOfficeError(f"Dovecot did not start. Its log says:\n{self.log}")
                time.sleep(0.02)


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return True
    except OSError:
        return False
