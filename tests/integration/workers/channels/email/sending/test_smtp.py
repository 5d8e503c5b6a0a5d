"""The hand-over itself: TLS, log-ins, and what is known of a letter's fate whatever happens."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from workers.channels.email.sending.codes import Stage
from workers.channels.email.sending.letter import Letter
from workers.channels.email.sending.smtp import SmtpClient
from workers.channels.email.sending.smtp_connection import SmtpTimes
from workers.channels.email.sending.smtp_reply import (
    NotSent,
    Rejected,
    Sent,
    SmtpReply,
    Unknown,
    Withheld,
)
from workers.contracts.email_channel import EmailChannel
from workers.simulation.email.post_office import PostOffice

pytestmark = pytest.mark.integration

CLINIC, ANA = "contato@clinica.example", "ana@paciente.example"
LETTER = Letter(
    CLINIC, ANA, b"Message-ID: <1@x.example>\r\n\r\nOi\r\n.\r\n..\r\n.fim\r\n", null_sender=True
)
TIMES = SmtpTimes(connect=2.0, reply=2.0, text=0.5, whole=4.0)


def channel(office: PostOffice, **fields: object) -> EmailChannel:
    content = office.channel(office.mailbox(CLINIC), imap_host=None)
    return EmailChannel.model_validate(content | fields)


def send(
    own: EmailChannel, letter: Letter = LETTER, begin: Callable[[], bool] = lambda: True
) -> SmtpReply:
    return SmtpClient(times=TIMES).send(own, letter, begin)


@contextmanager
def server(*replies: bytes) -> Iterator[int]:
    """A server that says these lines, one for each that it hears, and then ends; its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.settimeout(5)

        def serve() -> None:
            connection = listener.accept()[0]
            with suppress(OSError), connection, connection.makefile("rb") as lines:
                for reply in replies:
                    connection.sendall(reply)
                    line = lines.readline()
                    if reply.startswith(b"354"):
                        while line not in {b".\r\n", b""}:
                            line = lines.readline()

        thread = threading.Thread(target=serve)
        thread.start()
        yield int(listener.getsockname()[1])
        thread.join()


def at(port: int) -> EmailChannel:
    return EmailChannel(
        name="c", tenant="t", clinic="C", address=CLINIC, smtp_host="127.0.0.1", smtp_port=port,
        smtp_security="none",
    )  # fmt: skip


def test_lines_that_begin_with_a_dot_arrive_as_they_were(post_office: PostOffice) -> None:
    assert send(channel(post_office)) == Sent()
    [envelope] = post_office.envelopes
    assert envelope.content == LETTER.content
    assert envelope.sender == ""


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_by_tls_the_server_is_the_one_that_was_named(
    safe_office: PostOffice, authority: trustme.CA, tmp_path: Path, security: str
) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    ports = safe_office.ports
    fields = {
        "smtp_host": "localhost",
        "smtp_port": ports.smtps if security == "tls" else ports.smtp,
        "smtp_security": security,
        "ca_file": ca_file,
    }
    own = channel(safe_office, **fields)
    assert send(own) == Sent()
    logins = safe_office.desk.logins
    assert send(own.model_copy(update={"ca_file": None})) == Rejected(Stage.TLS, 0)
    other = own.model_copy(update={"smtp_host": "127.0.0.1"})
    assert send(other) == Rejected(Stage.TLS, 0)
    assert safe_office.desk.logins == logins  # the password was told to nobody


def test_a_server_without_starttls_is_told_no_password(post_office: PostOffice) -> None:
    assert send(channel(post_office, smtp_security="starttls")) == Rejected(Stage.TLS, 0)
    assert post_office.desk.logins == 0


@pytest.mark.parametrize("refresh", [True, False])
def test_a_token_logs_in_where_there_is_no_password(
    safe_office: PostOffice, authority: trustme.CA, tmp_path: Path, *, refresh: bool
) -> None:
    ca_file = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(ca_file)
    client = safe_office.tokens.client(CLINIC, refresh=refresh)
    oauth = {
        "token_url": safe_office.tokens.url,
        "client_id": client.id,
        "client_secret": client.secret,
        "refresh_token": client.refresh_token,
    }
    own = channel(safe_office, password=None, oauth=oauth, ca_file=ca_file)
    smtp = SmtpClient(times=TIMES)
    assert smtp.send(own, LETTER, lambda: True) == Sent()
    safe_office.tokens.revoke()
    refused = smtp.send(own, LETTER, lambda: True)
    assert isinstance(refused, Rejected)
    assert (refused.stage, refused.code) == (Stage.LOGIN, 535)
    assert smtp.send(own, LETTER, lambda: True) == Sent()  # by a new token
    safe_office.tokens.revoke()
    safe_office.tokens.refuses = True
    smtp.send(own, LETTER, lambda: True)
    assert smtp.send(own, LETTER, lambda: True) == Rejected(Stage.LOGIN, 535, "5.7.8")


def test_a_password_beyond_ascii_logs_in(post_office: PostOffice) -> None:
    mailbox = post_office.mailbox(CLINIC, "coração de mãe")
    own = EmailChannel.model_validate(post_office.channel(mailbox, imap_host=None))
    assert send(own) == Sent()


def test_what_must_not_be_begun_is_not_sent(post_office: PostOffice) -> None:
    assert send(channel(post_office), begin=lambda: False) == Withheld()
    assert not post_office.envelopes


def test_an_error_of_the_store_is_not_one_of_the_network(post_office: PostOffice) -> None:
    def broken() -> bool:
        raise ConnectionResetError("Redis")

    with pytest.raises(ConnectionResetError, match="Redis"):
        send(channel(post_office), begin=broken)
    assert not post_office.envelopes


def test_an_address_beyond_ascii_needs_a_server_that_knows_it() -> None:
    letter = replace(LETTER, receiver="joão@paciente.example", utf8=True)
    with server(b"220 hi\r\n", b"250 hi\r\n", b"221 bye\r\n") as port:
        assert send(at(port), letter) == Rejected(Stage.RECEIVER, 553, "5.6.7")


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ([], NotSent),
        ([b"554 go away\r\n"], Rejected),
        ([b"220 hi\r\n"], NotSent),
        ([b"220 hi\r\n", b"502 no\r\n"], Rejected),
        ([b"220 hi\r\n", b"rubbish\r\n"], Rejected),
        ([b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n"], NotSent),
        ([b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n"], NotSent),
    ],
)
def test_what_ends_before_the_text_has_not_gone(
    replies: list[bytes], expected: type[SmtpReply]
) -> None:
    with server(*replies) as port:
        assert isinstance(send(at(port)), expected)


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (b"250 taken\r\n", Sent),
        (b"550 5.7.0 no\r\n", Rejected),
        (b"451 later\r\n", Rejected),
        (b"354 what\r\n", Unknown),
        (b"rubbish\r\n", Unknown),
        (b"x" * 20_000, Unknown),
        (b"", Unknown),
    ],
)
def test_only_a_reply_that_can_be_read_says_what_became_of_the_text(
    last: bytes, expected: type[SmtpReply]
) -> None:
    begun = [b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"]
    with server(*begun, *([last] if last else [])) as port:
        assert isinstance(send(at(port)), expected)


def test_nobody_there_is_not_sent() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = int(listener.getsockname()[1])
    assert isinstance(send(at(port)), NotSent)


def test_a_server_that_says_nothing_holds_nobody_for_long() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        assert isinstance(send(at(int(listener.getsockname()[1]))), NotSent)
