from email.message import EmailMessage

import pytest

from ingestion.parsing import parse
from ingestion.parsing.document import Prose, Table
from ingestion.parsing.errors import EmptyDocumentError, EncryptedError, WrongTypeError
from ingestion.parsing.limits import Limits


def mail(subject: str = "Horário de férias", text: str = "Fechamos em janeiro.") -> EmailMessage:
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = "Recepção <recepcao@clinica.example>"
    message["MIME-Version"] = "1.0"
    if text:
        message.set_content(text)
    return message


def test_the_subject_is_the_title_and_attachments_are_sections_under_their_names() -> None:
    message = mail()
    message.add_attachment(
        "exame;preço\nHolter;R$ 90\n".encode("cp1252"),
        maintype="application",
        subtype="octet-stream",
        filename="preços.csv",
    )
    message.add_attachment(b"\x89PNG...", maintype="image", subtype="png", filename="foto.png")
    document = parse(message.as_bytes(), "aviso.eml")
    assert document.title == "Horário de férias"
    assert document.sections == (
        Prose("Fechamos em janeiro."),
        Table(("exame", "preço"), (("Holter", "R$ 90"),), ("preços.csv",)),
    )
    (note,) = document.notes
    assert note.startswith("The attachment foto.png was not read: ")


def test_the_richer_of_two_versions_is_read_and_signatures_are_nothing() -> None:
    message = mail()
    message.add_alternative("<p>Fechamos em <b>janeiro</b>.</p><ul><li>Centro</li></ul>", "html")
    message.add_attachment(
        b"...", maintype="application", subtype="pkcs7-signature", filename="smime.p7s"
    )
    document = parse(message.as_bytes(), "a.eml")
    assert document.sections == (Prose("Fechamos em **janeiro**.\n\n- Centro"),)
    assert document.notes == ()


def test_a_mail_inside_a_mail_stands_under_its_subject() -> None:
    outer = mail("Enc: horário", "Veja abaixo.")
    outer.add_attachment(mail())
    assert parse(outer.as_bytes(), "a.eml").sections == (
        Prose("Veja abaixo."),
        Prose("Fechamos em janeiro.", ("Horário de férias",)),
    )


def test_mails_nested_too_deep_are_named_and_the_outer_ones_read() -> None:
    message = mail("0", "fundo")
    for level in range(1, 8):
        outer = mail(str(level), f"nível {level}")
        outer.add_attachment(message)
        message = outer
    document = parse(message.as_bytes(), "a.eml", Limits(depth=3))
    assert [each.text for each in document.sections if isinstance(each, Prose)] == [
        "nível 7",
        "nível 6",
        "nível 5",
        "nível 4",
    ]
    assert any("nested too deep" in note for note in document.notes)


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("x-mac-brasil", "Fechamos às 18h.".encode("cp1252")),
        ("us-ascii", "Fechamos às 18h.".encode()),
        ("iso-8859-1", "Fechamos às 18h.".encode()),
        ("utf-16-le", "Fechamos às 18h.".encode("utf-16-le")),
    ],
)
def test_a_charset_that_is_unknown_or_a_lie_loses_no_word(charset: str, body: bytes) -> None:
    head = f"Subject: a\nMIME-Version: 1.0\nContent-Type: text/plain; charset={charset}\n\n"
    assert parse(head.encode() + body, "a.eml").sections == (Prose("Fechamos às 18h."),)


def test_a_mail_saved_as_text_is_read_as_mail_and_the_note_says_so() -> None:
    document = parse(mail().as_bytes(), "aviso.txt")
    assert document.title == "Horário de férias"
    assert "content is an e-mail (EML)" in document.notes[0]


def test_each_mail_of_a_mailbox_stands_under_its_subject() -> None:
    box = b"".join(
        b"From a@b Thu Jan  1 00:00:00 2026\n" + mail(name, f"Texto {name}").as_bytes() + b"\n"
        for name in ("um", "dois")
    )
    assert parse(box, "x.mbox").sections == (
        Prose("Texto um", ("um",)),
        Prose("Texto dois", ("dois",)),
    )


def test_each_cause_has_its_error() -> None:
    with pytest.raises(WrongTypeError):
        parse("não é carta".encode(), "a.eml")
    picture = mail(text="")
    picture.add_attachment(b"\x89PNG...", maintype="image", subtype="png", filename="foto.png")
    with pytest.raises(EmptyDocumentError, match=r"foto\.png was not read"):
        parse(picture.as_bytes(), "a.eml")
    secret = b"Subject: a\nMIME-Version: 1.0\nContent-Type: application/pkcs7-mime\n\nAAAA"
    with pytest.raises(EncryptedError):
        parse(secret, "a.eml")
