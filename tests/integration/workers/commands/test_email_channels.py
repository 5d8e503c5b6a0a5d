"""`atende channels` for mailboxes, typed as an operator types it."""

import json
import time
from pathlib import Path

import pytest
from redis import Redis

from tests.integration.workers.commands.test_channels import atende
from tests.sample_channel import EMAIL_FIELDS, channel, email_channel
from workers.contracts.channel_files import path_of, read, save
from workers.contracts.email_channel import EmailChannel
from workers.contracts.mailboxes import MailboxStore
from workers.contracts.settings import QueueSettings
from workers.simulation.email.post_office import PostOffice

pytestmark = pytest.mark.integration
PASSWORD = EMAIL_FIELDS["password"]
TYPED = [
    *("channels", "add", "email", "correio"),
    *("--address", "recepcao@clinica.example", "--clinic", "Clínica Aurora"),
]
OWN_SERVER = [
    *("--imap-host", "imap.clinica.example", "--smtp-host", "smtp.clinica.example"),
    *("--hours", "seg-sex 08:00-18:00"),
]
MICROSOFT = ["--provider", "microsoft", "--client-id", "app-1", "--directory", "dir-1"]


def file_of(folder: Path, text: str) -> str:
    path = folder / "secret"
    path.write_text(text + "\n")
    return str(path)


def mailbox_in(folder: Path) -> EmailChannel:
    kept = read(path_of(folder / "channels", "correio"))
    assert isinstance(kept, EmailChannel)
    return kept


def test_a_mailbox_is_added_listed_and_removed_and_no_secret_is_shown(tmp_path: Path) -> None:
    given = ["--password-file", file_of(tmp_path, PASSWORD)]
    status, output = atende(tmp_path, *TYPED, *OWN_SERVER, *given)
    assert status == 0, output
    path = path_of(tmp_path / "channels", "correio")
    assert path.stat().st_mode & 0o777 == 0o600
    assert "New mails to recepcao@clinica.example are answered from now on" in output
    assert "What lies in the mailbox already is left as it is" in output
    assert "atende channels doctor correio" in output
    kept = mailbox_in(tmp_path)
    assert kept == email_channel(hours="seg-sex 08:00-18:00")
    listed = atende(tmp_path, "channels", "list")[1]
    assert "recepcao@clinica.example" in listed
    assert PASSWORD not in output + listed
    again = atende(tmp_path, *TYPED, *OWN_SERVER, *given)
    assert again[0] == 1
    assert "atende channels password correio" in again[1]
    status, removed = atende(tmp_path, "channels", "remove", "correio")
    assert status == 0
    assert "mails stay in the mailbox" in removed
    assert not path.exists()
    assert "None was added yet" in atende(tmp_path, "channels", "remove", "correio")[1]


def test_what_is_done_by_default_can_be_left_undone(tmp_path: Path) -> None:
    given = ["--password-file", file_of(tmp_path, PASSWORD), "--no-mark-read", "--no-acknowledge"]
    status, output = atende(tmp_path, *TYPED, *OWN_SERVER, *given)
    assert status == 0, output
    kept = mailbox_in(tmp_path)
    assert (kept.mark_read, kept.acknowledge) == (False, False)


def test_a_mailbox_at_microsoft_needs_an_app_and_its_secret(tmp_path: Path) -> None:
    status, output = atende(tmp_path, *TYPED, "--provider", "microsoft")
    assert status == 1
    assert "--client-id" in output
    secret = ["--client-secret-file", file_of(tmp_path, "app-secret")]
    status, output = atende(tmp_path, *TYPED, *MICROSOFT, *secret)
    assert status == 0, output
    kept = mailbox_in(tmp_path)
    assert kept.password is None
    assert kept.oauth is not None
    assert kept.oauth.client_secret is not None
    assert kept.oauth.client_secret.get_secret_value() == "app-secret"
    assert kept.authserv_id == "-"


def test_secrets_of_the_environment_are_neither_asked_for_nor_written(tmp_path: Path) -> None:
    held = {"ATENDE_CHANNEL_CORREIO_CLIENT_SECRET": "app-secret"}
    status, output = atende(tmp_path, *TYPED, *MICROSOFT, **held)
    assert status == 0, output
    fields = json.loads(path_of(tmp_path / "channels", "correio").read_text("utf-8"))
    assert "client_secret" not in fields["oauth"]
    assert "correio" in atende(tmp_path, "channels", "list", **held)[1]
    status, output = atende(tmp_path, "channels", "list")
    assert status == 1
    assert "needs a client_secret or a refresh_token" in output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--password", PASSWORD], "Unknown option"),
        ([*OWN_SERVER], "--password-file FILE"),
        ([*OWN_SERVER, "--form", "x"], "form: is no e-mail address"),
        (["--imap-host", "imap.x.example"], "smtp-host: is needed"),
        ([*OWN_SERVER, "--smtp-security", "none"], "only this machine"),
    ],
)
def test_what_cannot_be_added_leaves_nothing_behind(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    status, output = atende(tmp_path, *TYPED, *arguments)
    assert status != 0
    assert complaint in output
    assert not (tmp_path / "channels").exists()


def test_a_channel_without_a_mailbox_says_where_its_mails_are_posted(tmp_path: Path) -> None:
    relay = ["--smtp-host", "localhost", "--smtp-security", "none", "--without-password"]
    status, output = atende(tmp_path, *TYPED, *relay)
    assert status == 0, output
    assert "/v1/channels/email/correio" in output
    assert "in the mailbox already" not in output


def test_a_password_is_replaced_alone(tmp_path: Path) -> None:
    save(email_channel(folders=["INBOX", "Exames"]), tmp_path / "channels")
    given = ["--password-file", file_of(tmp_path, "another one")]
    status, output = atende(tmp_path, "channels", "password", "correio", *given)
    assert status == 0, output
    assert "another one" not in output
    assert mailbox_in(tmp_path) == email_channel(
        folders=["INBOX", "Exames"], password="another one"
    )
    status, output = atende(tmp_path, "channels", "token", "correio", "--token-file", given[1])
    assert status == 1
    assert "correio has no token. Nothing was changed. It has: password" in output


def test_an_app_s_secret_is_replaced_alone(tmp_path: Path) -> None:
    oauth = {"token_url": "https://login.example/t", "client_id": "a", "client_secret": "old"}
    save(email_channel(password=None, oauth=oauth), tmp_path / "channels")
    given = ["--password-file", file_of(tmp_path, "new")]
    status, output = atende(tmp_path, "channels", "password", "correio", *given)
    assert status == 0, output
    assert "its new client secret" in output
    expected = email_channel(password=None, oauth=oauth | {"client_secret": "new"})
    assert mailbox_in(tmp_path) == expected


def test_a_list_says_what_is_wrong_with_a_mailbox(
    tmp_path: Path, redis: Redis, queue_settings: QueueSettings
) -> None:
    save(email_channel(), tmp_path / "channels")
    save(channel(), tmp_path / "channels")
    url = {"ATENDE_REDIS_URL": queue_settings.redis_url}
    quiet = atende(tmp_path, "channels", "list", **url)[1]
    MailboxStore(redis).note_fault("correio", "The mail server refused the log-in.")
    status, output = atende(tmp_path, "channels", "list", **url)
    assert status == 0
    assert "correio: The mail server refused the log-in. (since 20" in output
    assert "refused" not in quiet


def test_a_mailbox_that_comes_back_begins_anew_and_one_that_is_changed_goes_on(
    tmp_path: Path, redis: Redis, queue_settings: QueueSettings
) -> None:
    url = {"ATENDE_REDIS_URL": queue_settings.redis_url}
    mailboxes = MailboxStore(redis)
    token = mailboxes.lease("correio", "w1", 60)
    assert token is not None
    given = [*TYPED, *OWN_SERVER, "--password-file", file_of(tmp_path, PASSWORD)]
    mailboxes.open("correio", "INBOX", token, 1, 7)
    assert atende(tmp_path, *given, **url)[0] == 0
    assert mailboxes.state("correio", "INBOX") is None  # it was removed before
    mailboxes.open("correio", "INBOX", token, 1, 9)
    assert atende(tmp_path, *given, "--force", "--mode", "draft", **url)[0] == 0
    assert mailboxes.state("correio", "INBOX") is not None
    assert atende(tmp_path, *given, "--force", "--user", "other", **url)[0] == 0
    assert mailboxes.state("correio", "INBOX") is None


def test_the_doctor_goes_from_the_mailbox_to_the_worker_that_reads_it(
    tmp_path: Path, post_office: PostOffice, redis: Redis, queue_settings: QueueSettings
) -> None:
    clinic = post_office.mailbox("contato@clinica.example")
    fields = post_office.channel(clinic, name="correio")
    save(EmailChannel.model_validate(fields), tmp_path / "channels")
    url = {"ATENDE_REDIS_URL": queue_settings.redis_url}
    status, output = atende(tmp_path, "channels", "doctor", "correio", **url)
    assert status == 1
    assert "no worker has looked yet" in output
    mailboxes = MailboxStore(redis)
    token = mailboxes.lease("correio", "worker-1", 60)
    assert token is not None
    mailboxes.open("correio", "INBOX", token, 1, 1)
    mailboxes.looked("correio", "INBOX", token, time.time())
    status, output = atende(tmp_path, "channels", "doctor", "correio", **url)
    assert status == 0, output
    for state in ("new mail is told of at once", "Sent, open for writing", "<> is taken"):
        assert state in output
    assert clinic.password not in output
    assert (post_office.envelopes, post_office.read(clinic.address)) == ([], [])
