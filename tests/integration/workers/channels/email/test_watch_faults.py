"""What is wrong with a mailbox is told in fixed words, and is over without a restart."""

import time
from pathlib import Path
from typing import Any

import pytest
import trustme
from redis import Redis

from tests.mailbox_bench import MailboxBench, mail, until
from tests.mute_proxy import MuteProxy
from workers.channels.email.imap import backoff, mailbox, watch
from workers.channels.email.imap.backoff import Backoff
from workers.contracts.settings import QueueSettings
from workers.simulation.email.post_office import PostOffice

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _brief_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PASSING", "REFUSED"):
        monkeypatch.setattr(watch, name, Backoff(0.2, 0.5))


@pytest.fixture
def safe_bench(
    redis: Redis, queue_settings: QueueSettings, safe_office: PostOffice, tmp_path: Path
) -> MailboxBench:
    """A mailbox at a server with a certificate, for localhost, of an authority of its own."""
    box = safe_office.mailbox("contato@clinica.example")
    return MailboxBench(redis, queue_settings, safe_office, tmp_path / "channels", box)


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def fault(bench: MailboxBench) -> str:
    return bench.stores.mailboxes.health("email").fault


def safe(bench: MailboxBench, ca_file: Path, **fields: object) -> dict[str, Any]:
    ports = bench.office.ports
    there = {"imap_host": "localhost", "imap_port": ports.imaps, "imap_security": "tls"}
    return {**there, "ca_file": str(ca_file), **fields}


def test_a_wrong_password_is_told_and_forgotten_once_the_file_is_repaired(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "REFUSED", backoff.REFUSED)  # a minute: the file ends it at once
    bench.write(password="wrong-password")
    with bench.watching():
        until(lambda: "refused the log-in" in fault(bench))
        assert "wrong-password" not in fault(bench)

        bench.write()
        bench.opened()
        until(lambda: not fault(bench))
        bench.deliver(1)
        bench.awaits(1)


def test_a_password_with_accents_is_taken(bench: MailboxBench) -> None:
    bench.mailbox = bench.office.mailbox(bench.mailbox.address, 'sen"ha com aç\\ento')
    bench.write()
    with bench.watching():
        bench.opened()


def test_a_server_that_is_gone_is_found_again(bench: MailboxBench) -> None:
    with MuteProxy(bench.office.ports.imap).running() as proxy:
        bench.write(imap_port=proxy.port)
        with bench.watching():
            bench.opened()
    bench.deliver(1)
    with bench.watching():
        until(lambda: "No connection" in fault(bench))
        bench.write()
        bench.awaits(1)
        until(lambda: not fault(bench))


def test_a_connection_that_falls_silent_is_found_out(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 1.0)
    monkeypatch.setattr(mailbox, "TIMEOUT_SECONDS", 1.0)
    with MuteProxy(bench.office.ports.imap).running() as proxy:
        bench.write(imap_port=proxy.port)
        with bench.watching():
            bench.opened()
            time.sleep(0.5)  # it waits
            proxy.mute()
            bench.deliver(1)
            bench.awaits(1)
            assert proxy.accepted >= 2


def test_a_certificate_of_an_own_authority_is_believed_where_it_is_named(
    safe_bench: MailboxBench, ca_file: Path
) -> None:
    bench = safe_bench
    bench.write(**{**safe(bench, ca_file), "ca_file": None})
    with bench.watching():
        until(lambda: "No secure connection" in fault(bench))
        bench.write(**safe(bench, ca_file))
        bench.opened()
        bench.deliver(1)
        bench.awaits(1)


def test_mail_is_told_at_once_over_tls(safe_bench: MailboxBench, ca_file: Path) -> None:
    safe_bench.write(**safe(safe_bench, ca_file))
    with safe_bench.watching():
        safe_bench.opened()
        started = time.monotonic()
        for number in range(5):
            safe_bench.deliver(number)
            safe_bench.awaits(*range(number + 1))
    assert time.monotonic() - started < watch.LOOK_SECONDS / 3


def test_starttls_is_used_where_it_is_asked_for(safe_bench: MailboxBench, ca_file: Path) -> None:
    bench = safe_bench
    port = bench.office.ports.imap
    bench.write(**safe(bench, ca_file, imap_security="starttls", imap_port=port))
    with bench.watching():
        bench.opened()
        bench.deliver(1)
        bench.awaits(1)


def test_a_name_that_is_not_the_certificates_is_refused(
    safe_bench: MailboxBench, ca_file: Path
) -> None:
    safe_bench.write(**safe(safe_bench, ca_file, imap_host="127.0.0.1"))
    with safe_bench.watching():
        until(lambda: "No secure connection" in fault(safe_bench))


@pytest.mark.parametrize(
    "fields",
    [
        {"imap_security": "starttls", "imap_port": 993},  # that port speaks TLS at once
        {"ca_file": "/nowhere/ca.pem"},
    ],
)
def test_what_the_file_says_amiss_of_tls_is_told(
    safe_bench: MailboxBench, ca_file: Path, fields: dict[str, object]
) -> None:
    safe_bench.write(**{**safe(safe_bench, ca_file), **fields})
    with safe_bench.watching():
        until(lambda: "No secure connection" in fault(safe_bench))


@pytest.fixture
def token_bench(safe_bench: MailboxBench, ca_file: Path) -> MailboxBench:
    """Its mailbox is opened with tokens."""
    client = safe_bench.office.tokens.client(safe_bench.mailbox.address)
    oauth = {
        "token_url": safe_bench.office.tokens.url,
        "client_id": client.id,
        "client_secret": client.secret,
    }
    safe_bench.write(**safe(safe_bench, ca_file, password=None, oauth=oauth))
    return safe_bench


def test_a_mailbox_is_opened_with_a_token(token_bench: MailboxBench) -> None:
    with token_bench.watching():
        token_bench.opened()
        token_bench.deliver(1)
        token_bench.awaits(1)


def test_a_token_that_ends_is_renewed_and_nothing_is_missed(token_bench: MailboxBench) -> None:
    token_bench.office.tokens.lifetime = 4.0  # of which two seconds are used
    with token_bench.watching():
        token_bench.opened()
        until(lambda: len(token_bench.office.tokens.requests) >= 3)
        token_bench.deliver(1)
        token_bench.awaits(1)
        assert fault(token_bench) == ""


def test_a_revoked_token_is_told_and_fetched_anew(token_bench: MailboxBench) -> None:
    office = token_bench.office
    office.tokens.refuses = True
    with token_bench.watching():
        until(lambda: "refused the channel's registration" in fault(token_bench))
        office.tokens.refuses = False
        token_bench.opened()
        until(lambda: not fault(token_bench))


def test_a_mail_that_the_server_cannot_give_holds_up_no_other(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its file is emptied behind the server's back, so each try breaks, as at damaged servers."""
    monkeypatch.setattr("workers.channels.email.imap.look._BREAKS", 3)
    with bench.watching():
        bench.opened()
    bench.office.place(mail("broken"), bench.mailbox.address)
    bench.deliver("next")
    with bench.office.imap(bench.mailbox.address) as program:
        program.select("INBOX", readonly=True)
        program.fetch("1", "(RFC822.SIZE)")
    maildir = bench.office.dovecot.home(bench.mailbox.address) / "Maildir"
    file = min((*maildir.glob("new/*"), *maildir.glob("cur/*")))
    file.chmod(0)

    with bench.watching():
        bench.awaits("", "next")
    assert bench.read[0].mail_bytes == b""
