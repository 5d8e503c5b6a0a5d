"""A folder at a real mail server (Dovecot) as a source of rows."""

import imaplib
from datetime import date

import pytest

from tests.unit.workers.channels.backfill.sources.mails.boxes import (
    CLINIC,
    DAY,
    MORNING,
    mail,
    reply,
)
from workers.channels.backfill.sources.mails.imap_account import (
    PASSWORD_VARIABLE,
    account_at,
)
from workers.channels.backfill.sources.mails.imap_folders import ImapFolders
from workers.channels.backfill.sources.mails.opening import (
    kind_of,
    open_account,
    open_as,
    open_channel,
)
from workers.channels.backfill.sources.source import LeftOut, SourceError, SourceOptions
from workers.channels.email.imap.mailbox import Mailbox
from workers.channels.email.oauth import Tokens
from workers.contracts.backfill import BackfillRow
from workers.contracts.email_channel import EmailChannel
from workers.simulation.email import post_office as offices
from workers.simulation.email.post_office import HOST, PostOffice

pytestmark = pytest.mark.integration
PASSWORD = "senha da clínica"
FOLDER = "N&AOM-o lidos"


@pytest.fixture
def office(post_office: PostOffice) -> PostOffice:
    """The mailbox of the clinic, with a folder that is called `Não lidos`."""
    post_office.mailbox(CLINIC, PASSWORD)
    with post_office.imap(CLINIC) as imap:
        for name in (f'"{FOLDER}"', '"Enviados"'):
            assert imap.create(name)[0] == "OK"
    return post_office


def location(office: PostOffice, folder: str = "INBOX") -> str:
    return f"imap://{CLINIC}@{HOST}:{office.ports.imap}/{folder}"


def parts(
    office: PostOffice, folder: str = "INBOX", **options: object
) -> list[BackfillRow | LeftOut]:
    account = account_at(location(office, folder), lambda _: PASSWORD)
    given = SourceOptions(longest=2_000, **options)  # type: ignore[arg-type]
    return list(open_account(account, given).rows())


def rows(office: PostOffice, folder: str = "INBOX", **options: object) -> list[BackfillRow]:
    return [each for each in parts(office, folder, **options) if isinstance(each, BackfillRow)]


def traces(office: PostOffice, folder: str = "INBOX") -> list[bytes | None]:
    """The flags of a folder's mails, as another program sees them."""
    with office.imap(CLINIC) as imap:
        imap.select(f'"{folder}"', readonly=True)
        _, flags = imap.fetch("1:*", "(UID FLAGS)")
        return [each if isinstance(each, bytes) else None for each in flags]


def test_mails_are_rows_and_nothing_is_changed(office: PostOffice) -> None:
    office.place(mail("Qual o preparo?"), CLINIC)
    office.place(mail("E o preço?", own_id="2"), CLINIC)
    before = traces(office)
    assert [row.key for row in rows(office)] == ["<1@paciente.example>", "<2@paciente.example>"]
    assert traces(office) == before
    assert not any(flags and b"Seen" in flags for flags in before)


def test_the_answer_lies_in_the_folder_of_what_was_sent(office: PostOffice) -> None:
    office.place(mail(), CLINIC)
    office.place(reply("Às 7h."), CLINIC, "Enviados")
    asked = mail("E no sábado?", own_id="2", at=MORNING + DAY, subject="Re: Colonoscopia")
    office.place(asked, CLINIC)
    first, second = rows(office)
    assert first.later_answer == "Às 7h."
    assert [turn.answer for turn in second.context] == ["Às 7h."]


def test_a_folder_is_named_as_people_write_it(office: PostOffice) -> None:
    office.place(mail("Qual o preparo?"), CLINIC, FOLDER)
    assert len(rows(office, "Não lidos")) == 1
    assert len(rows(office, "N%C3%A3o%20lidos")) == 1
    assert rows(office) == []


def test_a_folder_that_is_not_there_is_told_with_those_that_are(office: PostOffice) -> None:
    with pytest.raises(SourceError, match="Não lidos"):
        rows(office, "Antigas")


def test_a_wrong_password_and_a_dead_server_are_told_at_once(office: PostOffice) -> None:
    account = account_at(location(office), lambda _: "errada")
    with pytest.raises(SourceError, match="log-in"):
        list(open_account(account, SourceOptions()).rows())
    away = account_at(f"imap://{CLINIC}@{HOST}:9/INBOX", lambda _: PASSWORD)
    with pytest.raises(SourceError, match="No connection"):
        list(open_account(away, SourceOptions()).rows())


def test_more_mails_than_one_command_fetches_come_in_their_order(office: PostOffice) -> None:
    with office.imap(CLINIC) as imap:
        for number in range(230):
            imap.append("INBOX", "", imaplib.Time2Internaldate(MORNING), mail(own_id=str(number)))
    assert [row.id.partition("@")[0] for row in rows(office)] == [str(n) for n in range(230)]


def test_of_a_huge_mail_the_beginning_is_read(office: PostOffice) -> None:
    office.place(
        mail("Qual o preparo?\n\nAtt,\nAna\n\n" + "x" * 990 * 1, own_id="1") + b"y\n" * 400_000,
        CLINIC,
    )
    office.place(mail(own_id="2"), CLINIC)
    assert [row.id.partition("@")[0] for row in rows(office)] == ["1", "2"]


def test_what_came_long_before_the_day_asked_for_is_not_even_fetched(office: PostOffice) -> None:
    day = date(2026, 9, 14)
    office.place(mail(own_id="1", at=MORNING - 200 * DAY), CLINIC, received_at=MORNING - 200 * DAY)
    office.place(mail(own_id="2", at=MORNING - 2 * DAY), CLINIC, received_at=MORNING - 2 * DAY)
    office.place(mail(own_id="3"), CLINIC, received_at=MORNING)
    older, row = parts(office, since=day)
    assert older == LeftOut("older")
    assert isinstance(row, BackfillRow)
    assert row.id == "3@paciente.example"


def test_a_connection_that_breaks_is_made_again(office: PostOffice) -> None:
    for number in range(40):
        office.place(mail(own_id=str(number)), CLINIC)
    channel = account_at(location(office), lambda _: PASSWORD).channel
    connections: list[Mailbox] = []

    def connect() -> Mailbox:
        connections.append(Mailbox.connect(channel, Tokens()))
        return connections[-1]

    box = ImapFolders(connect, "caixa", ["INBOX"], sleep=lambda _: None)
    mails = box.mails()
    refs = [next(mails).ref]
    connections[0].cut()
    refs += [held.ref for held in mails]
    box.close()
    assert len(refs) == len(set(refs)) == 40
    assert len(connections) == 2


def test_mails_that_are_numbered_anew_meanwhile_are_told(office: PostOffice) -> None:
    for number in range(40):
        office.place(mail(own_id=str(number)), CLINIC)
    channel = account_at(location(office), lambda _: PASSWORD).channel
    connections: list[Mailbox] = []

    def connect() -> Mailbox:
        connections.append(Mailbox.connect(channel, Tokens()))
        return connections[-1]

    box = ImapFolders(connect, "caixa", ["INBOX"], sleep=lambda _: None)
    mails = box.mails()
    next(mails)
    connections[0].cut()
    office.change_validity(CLINIC)
    with pytest.raises(SourceError, match="numbered"):
        list(mails)
    box.close()


def test_a_channel_s_mailbox_is_read_with_all_that_the_channel_knows(office: PostOffice) -> None:
    form = "site@provedor.example"
    mailbox = offices.Mailbox(CLINIC, PASSWORD)
    channel = EmailChannel.model_validate(
        office.channel(mailbox, forms=[form], own_addresses=["recepcao@clinica.example"])
    )
    office.place(mail(sender=form, Reply_To="ana@paciente.example"), CLINIC)
    office.place(reply("Às 7h.", sender="recepcao@clinica.example"), CLINIC)
    source = open_channel(channel, SourceOptions(longest=2_000))
    row, own = source.rows()
    assert isinstance(row, BackfillRow)
    assert row.later_answer == "Às 7h."
    assert own == LeftOut("clinic")
    assert source.name == f"{CLINIC}@{HOST} INBOX"


def test_the_source_opens_by_its_address(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    office.place(mail(), CLINIC)
    kind = kind_of(location(office), b"")
    assert kind == "imap"
    source = open_as(kind, location(office), SourceOptions(longest=2_000))
    assert [guess.option for guess in source.guesses()] == ["--clinic"]
    assert len(list(source.rows())) == 1


def test_all_folders_of_a_channel_are_read_unless_one_is_named(office: PostOffice) -> None:
    office.place(mail(), CLINIC)
    office.place(mail(own_id="2"), CLINIC, FOLDER)
    office.place(reply("Às 7h.", to_id="2"), CLINIC, "Enviados")
    mailbox = offices.Mailbox(CLINIC, PASSWORD)
    folders = ["INBOX", "Não lidos"]
    channel = EmailChannel.model_validate(office.channel(mailbox, folders=folders))
    both = list(open_channel(channel, SourceOptions()).rows())
    answers = [each.later_answer for each in both if isinstance(each, BackfillRow)]
    assert answers == ["", "Às 7h."]
    assert len(list(open_channel(channel, SourceOptions(folder="INBOX")).rows())) == 1


def test_a_channel_without_a_mailbox_is_told(office: PostOffice) -> None:
    mailbox = offices.Mailbox(CLINIC, PASSWORD)
    channel = EmailChannel.model_validate(office.channel(mailbox, imap_host=None))
    with pytest.raises(SourceError, match="no mailbox"):
        open_channel(channel, SourceOptions())
