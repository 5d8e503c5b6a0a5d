import pytest

from tests.unit.workers.channels.email.letters import letter
from workers.channels.email.reading.mail import Mail, read_mail
from workers.channels.email.reading.new_text import new_text


def parts(kind: str, *each: str) -> Mail:
    body = "".join(f"--b\n{part}\n" for part in each) + "--b--\n"
    return letter({"Content-Type": f"multipart/{kind}; boundary=b"}, body)


TEXT = "Content-Type: text/plain; charset=utf-8\n\n"
PAGE = "Content-Type: text/html; charset=utf-8\n\n"


def test_a_mail_of_html_alone_has_no_plain_text_and_yet_words() -> None:
    mail = letter({"Content-Type": "text/html", "Subject": "Dúvida"}, "<p>Qual o <b>preço</b>?</p>")
    assert (mail.text, mail.html) == ("", "<p>Qual o <b>preço</b>?</p>")
    assert new_text(mail).text == "Qual o preço?"


@pytest.mark.parametrize("stub", ["", "  \n", "Use um programa que leia HTML."])
def test_of_an_empty_text_and_a_full_page_the_page_is_the_mail(stub: str) -> None:
    words = "Bom dia, gostaria de saber quanto custa a consulta com o cardiologista e o preparo?"
    mail = parts("alternative", TEXT + stub, f"{PAGE}<p>{words}</p>")
    assert new_text(mail).text.endswith(words)


def test_a_page_that_claims_to_be_plain_text_is_a_page() -> None:
    mail = letter({"Subject": "Dúvida"}, "<html><body><p>Qual o preço?</p></body></html>")
    assert new_text(mail).text == "Qual o preço?"


def test_a_page_below_a_text_is_its_footer() -> None:
    mail = parts("mixed", TEXT + "Qual o preço?", PAGE + "<p>Livre de vírus. www.avast.com</p>")
    assert mail.text == "Qual o preço?\n\nLivre de vírus. www.avast.com"
    assert new_text(mail).text == "Exame de sangue\nQual o preço?"


def test_a_mail_inside_is_an_attachment_and_no_question() -> None:
    inner = "Content-Type: message/rfc822\n\nSubject: Resultado\n\nPosso comer?"
    mail = parts("mixed", TEXT + "Segue o resultado.", inner)
    assert mail.attachments == ("Resultado",)
    assert mail.text == "Segue o resultado."


def test_attachments_are_named_and_not_read() -> None:
    attached = 'Content-Type: text/plain\nContent-Disposition: attachment; filename="p.txt"\n\nx'
    picture = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBO"
    mail = parts("mixed", TEXT + "Segue.", attached, picture)
    assert (mail.text, mail.attachments) == ("Segue.", ("p.txt", "image/png"))


def test_a_name_that_no_library_takes_is_no_error() -> None:
    named = (
        "Content-Type: application/pdf\nContent-Disposition: attachment; filename*=a\0b'x'p\n\nx"
    )
    assert parts("mixed", TEXT + "Segue.", named).attachments == ("attachment",)


def test_flowed_lines_are_joined() -> None:
    kind = "text/plain; format=flowed; charset=utf-8"
    mail = letter({"Content-Type": kind}, "Posso tomar \ncafé antes?\n\n> citado \n> mais\nSim")
    assert mail.text == "Posso tomar café antes?\n\n> citado \n> mais\nSim"


@pytest.mark.parametrize("charset", ["a\0b", "utf-8\udc80", "=?x?=", "us-ascii'en'x"])
def test_text_in_a_charset_that_no_library_takes_is_read(charset: str) -> None:
    kind = f'Content-Type: text/plain; charset*="{charset}"\n'.encode("utf-8", "surrogateescape")
    raw = b"From: a@x.example\n" + kind + b"\nQual o pre\xe7o?"
    assert read_mail(raw).text == "Qual o preço?"


def test_a_part_that_was_cut_is_read_as_far_as_it_goes() -> None:
    cut = "Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\nUXVhbCBvIHByZcOnbz8gT2"
    mail = letter({"Content-Type": "multipart/mixed; boundary=b"}, f"--b\n{cut}")
    assert mail.text.startswith("Qual o preço?")


def test_mails_nested_without_end_are_no_burden() -> None:
    nested = "".join(
        f"Content-Type: multipart/mixed; boundary=a{n}\n\n--a{n}\n" for n in range(3000)
    )
    mail = letter({"Content-Type": None}, b"")
    assert mail.defects == ()
    deep = letter({"Content-Type": f"multipart/mixed; boundary=x\n\n--x\n{nested}"})
    assert "too many parts" in deep.defects
    assert deep.sender == mail.sender


def test_an_appointment_is_known_by_its_method() -> None:
    answer = 'Content-Type: text/calendar; method="REPLY"\n\nBEGIN:VCALENDAR'
    mere_file = "Content-Type: text/calendar\nContent-Disposition: attachment\n\nBEGIN:VCALENDAR"
    assert parts("mixed", TEXT + "x", answer).calendar
    assert not parts("mixed", TEXT + "x", mere_file).calendar
