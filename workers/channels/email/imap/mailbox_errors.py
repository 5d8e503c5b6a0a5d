"""What can be wrong with a mailbox, in words that name neither a password nor a patient.

    MailboxError
    ├── CredentialsError    the log-in was refused: somebody has to repair it
    ├── NoFolderError       a folder of the channel does not exist
    ├── InsecureError       no secure connection: a certificate, or no TLS at all
    ├── RefusedError        the server refused one command, and the connection goes on
    └── UnreachableError    no connection, or it broke: it is tried again

Errors of imaplib, imap-tools, ssl and sockets are translated in `translated` alone.
"""

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from imap_tools.errors import (
    ImapToolsError,
    MailboxFolderSelectError,
    MailboxLoginError,
    MailboxStarttlsError,
    UnexpectedCommandStatusError,
)

from workers.channels.email.oauth import TokenAwayError, TokenRefusedError

#: What servers say, in capitals, where a log-in fails for now and not for its password: codes of
#: RFC 5530, and Gmail's words for a sixteenth connection.
_BUSY: Final = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "TOO MANY", "TRY AGAIN")


class MailboxError(Exception):
    """Root of a mailbox's errors; the message is a fixed sentence, `words` gives it."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class CredentialsError(MailboxError):
    """The log-in was refused."""

    def __init__(
        self,
        words: str = "The mail server refused the log-in: correct the channel's user and password.",
    ) -> None:
        super().__init__(words)


class NoFolderError(MailboxError):
    """A folder does not exist, or cannot be opened; it is named, as the channel's file names it."""

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"The mailbox has no folder {folder} that can be opened: correct the channel's folders."
        )


class InsecureError(MailboxError):
    """No secure connection."""

    def __init__(self) -> None:
        super().__init__(
            "No secure connection to the mail server: correct imap_host, imap_port, imap_security "
            "or ca_file, or the server's certificate."
        )


class RefusedError(MailboxError):
    """The server refused one command."""

    def __init__(self) -> None:
        super().__init__("The mail server refused a command.")


class UnreachableError(MailboxError):
    """No connection, or it broke."""

    def __init__(self, words: str = "No connection to the mail server; it is tried again.") -> None:
        super().__init__(words)


@contextmanager
def translated(folder: str | None = None) -> Iterator[None]:
    """Translate what libraries raise within; `folder` is the one that is being opened.

    Raises:
        MailboxError: of the kind that fits.
    """
    try:
        yield
    except MailboxError:
        raise
    except MailboxLoginError as error:
        raise _log_in(error) from None
    except MailboxFolderSelectError:
        raise NoFolderError(folder or "") from None
    except (ssl.SSLEOFError, ssl.SSLSyscallError, ssl.SSLZeroReturnError):
        raise UnreachableError from None  # it broke: nothing is wrong with its certificate
    except (ssl.SSLError, MailboxStarttlsError):
        raise InsecureError from None
    except TokenRefusedError as error:
        raise CredentialsError(error.words) from None
    except TokenAwayError as error:
        raise UnreachableError(error.words) from None
    except (OSError, imaplib.IMAP4.abort):  # a time-out is an OSError
        raise UnreachableError from None
    except (imaplib.IMAP4.error, ImapToolsError, ValueError, IndexError):
        # imap-tools reads some replies without asking whether they are whole.
        raise RefusedError from None


def _log_in(error: UnexpectedCommandStatusError) -> MailboxError:
    return log_in_refusal(str(error.command_result))


def log_in_refusal(reply: str) -> MailboxError:
    """What a refused log-in means, by what the server replied; nothing of that is quoted."""
    if any(word in reply.upper() for word in _BUSY):
        return UnreachableError("The mail server takes no further log-in now; it is tried again.")
    return CredentialsError()
