from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from workers.channels.email.sending.composing import Body
from workers.channels.email.sending.letter import Heading, ids, own_id, references, sendable, write
from workers.contracts.email_channel import EmailChannel

CHANNEL = EmailChannel(
    name="recepcao", tenant="clinica", clinic="Clínica São José, Ltda.",
    address="contato@clinica.example", smtp_host="127.0.0.1",
)  # fmt: skip
BODY = Body("Olá!\n.\nJejum de 8 horas: ação, coração.\n", "<p>Olá!</p>\n", "pt-BR")
NOW = datetime(2026, 11, 27, 10, 15, tzinfo=UTC)


def heading(**fields: object) -> Heading:
    given_fields: dict[str, object] = {
        "sender": CHANNEL.clinic,
        "receiver": "ana@example.com",
        "subject": "Re: Jejum",
        "date": NOW,
        "message_id": own_id("q1", CHANNEL),
        "auto": "auto-replied",
    }
    return Heading(**(given_fields | fields))  # type: ignore[arg-type]


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_an_automatic_answer_says_so_to_other_programs() -> None:
    mail = read(write(CHANNEL, heading(), BODY, null_sender=True).content)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Content-Language"] == "pt-BR"
    assert mail["Message-ID"] == "<q1.1@clinica.example>"
    assert mail["Date"].datetime == NOW
    assert mail["Precedence"] is None


def test_what_a_person_wrote_says_nothing_of_the_kind() -> None:
    mail = read(write(CHANNEL, heading(auto=None), BODY, null_sender=False).content)
    assert mail["Auto-Submitted"] is None
    assert mail["X-Auto-Response-Suppress"] is None


def test_names_and_subjects_beyond_ascii_arrive_as_they_were_written() -> None:
    subject = (
        "Re: Preparação para endoscopia à tarde, com sedação \u2013 às três, não às quatro 😀" * 2
    )
    content = write(CHANNEL, heading(subject=subject), BODY, null_sender=True).content
    assert content.isascii()
    mail = read(content)
    assert mail["Subject"] == subject
    assert mail["From"].addresses[0].display_name == "Clínica São José, Ltda."
    assert mail["From"].addresses[0].addr_spec == "contato@clinica.example"
    text = mail.get_body(("plain",))
    assert text is not None
    assert text.get_content().replace("\r\n", "\n") == BODY.plain
    assert mail.get_content_type() == "multipart/alternative"


#: Pieces of which encoded words are made.
_WORDS = st.lists(
    st.sampled_from(
        ["=?", "utf-8", "?q?", "?b?", "?=", "=0D=0A", "Bcc:_x@mau.example", "DQpCY2M6IHhAeQ==",
         "=\u200b?", "=\n?", " ", "\r\n", "ç"]
    ), max_size=12,
).map("".join)  # fmt: skip


@given(st.text(max_size=300) | _WORDS, st.text(max_size=120) | _WORDS)
@example("=?utf-8?q?=0D=0ABcc:_x@mau.example?=", "=?utf-8?b?DQpCY2M6IHhAeQ==?=")
def test_no_text_from_outside_begins_a_header_or_breaks_a_line(subject: str, name: str) -> None:
    content = write(CHANNEL, heading(subject=subject, sender=name), BODY, null_sender=True).content
    head = content.split(b"\r\n\r\n", 1)[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith(b" ")]
    assert sorted(names) == sorted(
        [b"From", b"To", b"Subject", b"Date", b"Message-ID", b"Auto-Submitted", b"MIME-Version",
         b"X-Auto-Response-Suppress", b"Content-Language", b"Content-Type"]
    )  # fmt: skip
    assert max(map(len, content.split(b"\r\n"))) < 998
    assert b"\n" not in content.replace(b"\r\n", b"")


def test_long_ids_stand_each_in_a_line_and_are_never_encoded() -> None:
    chain = tuple(f"<{'x' * 200}.{number}@mail.example>" for number in range(60))
    kept = references("<eu@x.example>", chain)
    assert len(kept) == 21
    assert kept[0] == chain[0]
    assert kept[-2:] == (chain[-1], "<eu@x.example>")
    fields = heading(answered="<eu@x.example>", references=kept)
    content = write(CHANNEL, fields, BODY, null_sender=True).content
    assert b"=?" not in content.split(b"References:")[1].split(b"Auto-Submitted")[0]
    assert max(map(len, content.split(b"\r\n"))) < 998
    mail = read(content)
    assert mail["In-Reply-To"] == "<eu@x.example>"
    assert tuple(mail["References"].split()) == kept


def test_ids_are_read_out_of_whatever_stands_in_the_record() -> None:
    assert ids("<a@b> <c@d>") == ("<a@b>", "<c@d>")
    assert ids("<a@b>\r\nBcc: x@y") == ("<a@b>",)
    assert ids("sha256:00ff") == ids("") == ids("<é@x>") == ids("<" + "x" * 2000 + "@y>") == ()


def test_the_answered_mail_comes_last_and_once() -> None:
    assert references("<b@x>", ("<a@x>", "<b@x>")) == ("<a@x>", "<b@x>")
    assert references("", ("<a@x>",)) == ("<a@x>",)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ana@example.com", "ana@example.com"),
        ("Ana.B+exames@Example.COM", "Ana.B+exames@example.com"),
        ("ana@clínica.example", "ana@xn--clnica-4va.example"),
        ("joão@clínica.example", "joão@xn--clnica-4va.example"),
    ],
)
def test_addresses_of_all_scripts_are_written_as_servers_take_them(
    address: str, expected: str
) -> None:
    assert sendable(address) == expected


@pytest.mark.parametrize(
    "address",
    [
        "", "<>", "ana", "@example.com", "ana@", "a b@example.com", "a@b@example.com",
        "ana@example.com, bia@example.com", "ana@example.com\r\nRCPT TO:<x@y>", "ana@exa mple.com",
        "ana@example.com>", '"ana b"@example.com', "a..b@example.com", "ana@[127.0.0.1]",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_not_written_to(address: str) -> None:
    assert sendable(address) is None


def test_a_receiver_beyond_ascii_needs_a_server_that_knows_utf8() -> None:
    fields = heading(receiver="joão@xn--clnica-4va.example")
    letter = write(CHANNEL, fields, BODY, null_sender=True)
    assert letter.utf8
    assert "To: joão@xn--clnica-4va.example".encode() in letter.content
    assert not write(CHANNEL, heading(), BODY, null_sender=True).utf8


@pytest.mark.parametrize("nested", ["=0D=0ABcc:_x@mau.example", "=C3=A9", "=00"])
def test_ids_that_look_like_encoded_words_stay_as_they_are(nested: str) -> None:
    hostile = f"<=?utf-8?q?{nested}?=>"
    content = write(
        CHANNEL, heading(answered=hostile, references=(hostile,)), BODY, null_sender=True
    ).content
    head = content.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
    assert f"In-Reply-To: {hostile}".encode() in head
    assert f"References: {hostile}".encode() in head


def test_an_address_that_is_no_text_cannot_be_written_to() -> None:
    assert sendable("a\ud800@x.example") is None
