"""Every error of the libraries becomes one of ours, in fixed words."""

import imaplib
import socket
import ssl

import imap_tools.errors
import pytest

from workers.channels.email.imap import mailbox_errors as ours
from workers.channels.email.imap.mailbox_errors import MailboxError, log_in_refusal, translated
from workers.channels.email.oauth import TokenAwayError, TokenRefusedError

#: What servers may quote.
SECRET = "ana@paciente.example"


def imap_tools_errors() -> list[type[Exception]]:
    classes = vars(imap_tools.errors).values()
    return [
        each
        for each in classes
        if isinstance(each, type)
        and issubclass(each, imap_tools.errors.UnexpectedCommandStatusError)
    ]


@pytest.mark.parametrize("error", imap_tools_errors(), ids=lambda each: each.__name__)
def test_every_status_of_imap_tools_is_translated(error: type[Exception]) -> None:
    raised = error(("NO", [SECRET.encode()]), "OK")
    with pytest.raises(MailboxError) as translation, translated("Pacientes"):
        raise raised
    assert SECRET not in translation.value.words


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ConnectionResetError(SECRET), ours.UnreachableError),
        (TimeoutError(SECRET), ours.UnreachableError),
        (socket.gaierror(-2, SECRET), ours.UnreachableError),
        (imaplib.IMAP4.abort(SECRET), ours.UnreachableError),
        (imaplib.IMAP4.readonly(SECRET), ours.UnreachableError),
        (imaplib.IMAP4.error(SECRET), ours.RefusedError),
        (imap_tools.errors.ImapToolsError(SECRET), ours.RefusedError),
        (ssl.SSLCertVerificationError(1, SECRET), ours.InsecureError),
        (ssl.SSLError(1, SECRET), ours.InsecureError),
        (ssl.SSLEOFError(8, SECRET), ours.UnreachableError),
        (TokenRefusedError("Refused."), ours.CredentialsError),
        (TokenAwayError("Away."), ours.UnreachableError),
        (ours.NoFolderError("Pacientes"), ours.NoFolderError),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_errors_are_told_apart(error: Exception, kind: type[MailboxError]) -> None:
    with pytest.raises(kind) as translation, translated():
        raise error
    assert SECRET not in str(translation.value)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("[AUTHENTICATIONFAILED] Authentication failed.", ours.CredentialsError),
        ("[AUTHENTICATIONFAILED] Invalid credentials (Failure)", ours.CredentialsError),
        ("AUTHENTICATE failed.", ours.CredentialsError),
        ("[UNAVAILABLE] Temporary authentication failure.", ours.UnreachableError),
        ("[ALERT] Too many simultaneous connections. (Failure)", ours.UnreachableError),
    ],
)
def test_a_server_that_is_busy_refuses_no_password(reply: str, kind: type[MailboxError]) -> None:
    assert isinstance(log_in_refusal(reply), kind)
