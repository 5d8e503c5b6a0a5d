"""The book of channels follows its folder, and one bad file harms no other."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.sample_channel import SECRETS, channel, email_channel
from workers.contracts.channel_files import path_of, save
from workers.contracts.channels import ChannelBook
from workers.contracts.settings import QueueSettings


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(tmp_path: Path, clock: Clock) -> ChannelBook:
    save(channel(), tmp_path)
    save(channel(name="zona-sul", phone_number_id="7", app_secret="another"), tmp_path)
    return ChannelBook(tmp_path, {}, clock)


def names(book: ChannelBook) -> list[str]:
    return [each.name for each in book.all()]


def test_channels_are_found_by_name_and_by_number(book: ChannelBook) -> None:
    assert names(book) == ["recepcao", "zona-sul"]
    assert book.named("zona-sul") == book.whatsapp("7")
    assert book.named("nobody") is None
    assert book.whatsapp("8") is None


def test_the_secrets_of_all_apps_are_known_by_app(book: ChannelBook) -> None:
    secrets = book.app_secrets()
    assert {secret.get_secret_value() for secret in secrets.values()} == {SECRETS[1], "another"}
    assert secrets.keys() == {each.app for each in book.numbers()}


def test_a_repaired_token_works_within_a_second(
    book: ChannelBook, clock: Clock, tmp_path: Path
) -> None:
    book.all()
    save(channel(token="EAArepaired"), tmp_path)
    clock.now = 0.9
    assert book.numbers()[0].token.get_secret_value() == SECRETS[0]  # not looked at again yet
    clock.now = 1.0
    assert book.numbers()[0].token.get_secret_value() == "EAArepaired"


def test_channels_come_and_go_with_their_files(
    book: ChannelBook, clock: Clock, tmp_path: Path
) -> None:
    book.all()
    path_of(tmp_path, "recepcao").unlink()
    save(channel(name="nova", phone_number_id="9"), tmp_path)
    (tmp_path / "notes.txt").write_text("no channel")
    clock.now = 1
    assert names(book) == ["nova", "zona-sul"]
    assert book.faults() == {}


def test_a_folder_that_is_missing_holds_no_channel(tmp_path: Path) -> None:
    book = ChannelBook(tmp_path / "none")
    assert names(book) == []
    assert book.faults() == {}


@pytest.mark.parametrize("damage", ["content", "mode"])
def test_a_file_that_breaks_goes_on_as_it_was_and_is_reported_once(
    book: ChannelBook, clock: Clock, tmp_path: Path, damage: str
) -> None:
    book.all()
    path = path_of(tmp_path, "recepcao")
    if damage == "content":
        path.write_text('{"token": "EAAother"')
    else:
        path.chmod(0o644)
    with capture_logs() as logs:
        for clock.now in (1.0, 2.0, 3.0):
            assert names(book) == ["recepcao", "zona-sul"]
    assert [entry["event"] for entry in logs] == ["channel_unusable"]
    assert logs[0]["kept"]
    assert [secret for secret in [*SECRETS, "EAAother"] if secret in str(logs)] == []
    assert list(book.faults()) == ["recepcao"]
    save(channel(clinic="Repaired"), tmp_path)
    clock.now = 4
    assert book.faults() == {}
    assert book.all()[0].clinic == "Repaired"


def test_a_file_that_was_never_good_harms_no_other(tmp_path: Path) -> None:
    save(channel(), tmp_path)
    path_of(tmp_path, "aaa").write_text("{")
    path_of(tmp_path, "aaa").chmod(0o600)
    book = ChannelBook(tmp_path)
    assert names(book) == ["recepcao"]
    assert list(book.faults()) == ["aaa"]


def test_of_two_files_with_one_number_the_first_is_used(tmp_path: Path) -> None:
    save(channel(), tmp_path)
    save(channel(name="segunda"), tmp_path)
    book = ChannelBook(tmp_path)
    assert names(book) == ["recepcao"]
    assert "recepcao" in book.faults()["segunda"]


def test_numbers_and_mailboxes_are_told_apart(book: ChannelBook, tmp_path: Path) -> None:
    save(email_channel(), tmp_path)
    assert names(book) == ["correio", "recepcao", "zona-sul"]
    assert [each.name for each in book.email()] == ["correio"]
    assert [each.name for each in book.numbers()] == ["recepcao", "zona-sul"]
    assert book.named("correio") == email_channel()


def test_the_addresses_of_a_tenant_are_those_of_all_its_channels(tmp_path: Path) -> None:
    staff = {"handoff": "forward", "forward_to": "Secretaria@clinica.example"}
    save(email_channel(own_addresses=["Contato@Clinica.example"], **staff), tmp_path)
    save(email_channel(name="exames", address="exames@clinica.example"), tmp_path)
    save(email_channel(name="outra", tenant="outra", address="a@b.example"), tmp_path)
    addresses = {"recepcao", "contato", "exames", "secretaria"}
    book = ChannelBook(tmp_path)
    assert book.addresses("clinica") == {f"{each}@clinica.example" for each in addresses}
    assert book.addresses("outra") == {"a@b.example"}
    assert book.addresses("nobody") == frozenset()


@pytest.mark.parametrize(
    ("fields", "used"),
    [
        ({}, ["correio"]),
        ({"address": "other@clinica.example", "user": "RECEPCAO@clinica.example"}, ["correio"]),
        ({"folders": ["Exames", "INBOX"]}, ["correio"]),
        ({"folders": ["Exames"]}, ["correio", "segunda"]),
        ({"imap_host": "imap.other.example"}, ["correio", "segunda"]),
        ({"user": "exames"}, ["correio", "segunda"]),
        ({"imap_host": None}, ["correio", "segunda"]),
    ],
)
def test_of_two_files_that_read_one_folder_of_a_mailbox_the_first_is_used(
    tmp_path: Path, fields: dict[str, object], used: list[str]
) -> None:
    save(email_channel(), tmp_path)
    save(email_channel(**{"name": "segunda", **fields}), tmp_path)
    book = ChannelBook(tmp_path)
    assert names(book) == used
    assert ("segunda" in book.faults()) == ("segunda" not in used)
    if book.faults():
        assert "Its mailbox is that of the channel correio" in book.faults()["segunda"]


def test_the_folder_is_below_the_data_unless_it_is_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATENDE_DATA_DIR", str(tmp_path))
    assert ChannelBook.open(QueueSettings()).folder == tmp_path / "channels"
    monkeypatch.setenv("ATENDE_CHANNELS_DIR", "/etc/atende/channels")
    assert ChannelBook.open(QueueSettings()).folder == Path("/etc/atende/channels")
