import io
import sys

import pytest

from workers.channels.backfill.sources.mails.imap_account import (
    PASSWORD_VARIABLE,
    account_at,
    ask_password,
    is_address,
)
from workers.channels.backfill.sources.source import SourceError


def fields(location: str) -> tuple[object, ...]:
    channel, (folder,) = account_at(location, lambda _: "segredo")
    return channel.user, channel.imap_host, channel.imap_port, channel.imap_security, folder


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (
            "imaps://contato@clinica.example@imap.clinica.example/INBOX",
            ("contato@clinica.example", "imap.clinica.example", 993, "tls", "INBOX"),
        ),
        (
            "imaps://contato%40clinica.example@imap.clinica.example:9993/N%C3%A3o%20lidos/",
            ("contato@clinica.example", "imap.clinica.example", 9993, "tls", "Não lidos"),
        ),
        (
            "imap://contato@clinica.example/INBOX/Respondidos antigos",
            ("contato", "clinica.example", 143, "starttls", "INBOX/Respondidos antigos"),
        ),
        ("imap://ana@127.0.0.1:1143", ("ana", "127.0.0.1", 1143, "none", "INBOX")),
        ("imap://ana@localhost/[Gmail]/Todos", ("ana", "localhost", 143, "none", "[Gmail]/Todos")),
    ],
)
def test_an_address_says_who_where_and_which_folder(
    location: str, expected: tuple[object, ...]
) -> None:
    assert fields(location) == expected


@pytest.mark.parametrize(
    "location",
    [
        "imaps://imap.clinica.example/INBOX",
        "imaps://contato@/INBOX",
        "imaps://contato@imap.clinica.example:porta/INBOX",
        "imaps://com espaco@imap clinica/INBOX",
    ],
)
def test_what_is_no_mailbox_is_told_with_an_example(location: str) -> None:
    with pytest.raises(SourceError, match="imaps://contato@"):
        fields(location)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(SourceError, match=PASSWORD_VARIABLE) as refusal:
        fields("imaps://contato:segredo123@imap.clinica.example/INBOX")
    assert "segredo123" not in str(refusal.value)


def test_the_password_comes_from_the_environment() -> None:
    channel, _ = account_at(
        "imaps://a@x.example", lambda whose: ask_password(whose, {PASSWORD_VARIABLE: "segredo"})
    )
    assert channel.password is not None
    assert channel.password.get_secret_value() == "segredo"
    assert "segredo" not in repr(channel)


def test_without_a_terminal_a_missing_password_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(SourceError, match=PASSWORD_VARIABLE):
        ask_password("contato em imap.clinica.example", {})


def test_only_mailboxes_are_addresses() -> None:
    assert is_address("imaps://a@b/c")
    assert is_address("IMAP://a@b/c")
    assert not is_address("https://a@b/c")
    assert not is_address("caixa.mbox")
