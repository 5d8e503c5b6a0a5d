from datetime import UTC, datetime

import pytest

from tests.unit.workers.channels.backfill.sources.mails.boxes import CLINIC, MORNING, held, mail
from workers.channels.backfill.sources.mails.held_mail import HeldMail
from workers.channels.backfill.sources.mails.row import row_of, verdict_of
from workers.channels.backfill.sources.source import LeftOut
from workers.channels.email.reading.mail import read_mail
from workers.channels.email.reading.verdict import ClinicMail
from workers.contracts.backfill import BackfillRow

OWN = ClinicMail(frozenset({CLINIC}))


def row(raw: bytes, longest: int = 2_000) -> BackfillRow:
    answer = row_of(read_mail(raw), held(raw), 7, longest)
    assert isinstance(answer, BackfillRow)
    return answer


def reason(raw: bytes) -> str | None:
    verdict = verdict_of(read_mail(raw), OWN)
    return verdict.reason if isinstance(verdict, LeftOut) else None


@pytest.mark.parametrize(
    ("headers", "left_out"),
    [
        ({"sender": CLINIC}, "clinic"),
        ({"sender": CLINIC, "to": "ana@x.example", "Reply_To": "caso-7@crm.example"}, "clinic"),
        ({"Auto_Submitted": "auto-replied"}, "automatic"),
        ({"Subject": "Resposta automática: férias"}, "automatic"),
        ({"Content_Type": "text/calendar; method=REPLY"}, "automatic"),
        ({"List_Id": "<noticias.x.example>", "Precedence": "bulk"}, "list"),
        ({"sender": "MAILER-DAEMON@x.example"}, "bounce"),
        ({"X_Spam_Flag": "YES"}, "spam"),
    ],
)
def test_what_no_person_asks_is_left_out(headers: dict[str, str], left_out: str) -> None:
    headers = {name.replace("Subject", "subject"): value for name, value in headers.items()}
    assert reason(mail(**headers)) == left_out  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"to": "outro@lugar.example"},
        {"sender": f"Site <{CLINIC}>", "Reply_To": "ana@paciente.example"},
        {
            "sender": f"Site <{CLINIC}>",
            "Reply_To": "ana@paciente.example",
            "Auto_Submitted": "auto-generated",
        },
        {"sender": ""},
        {"X_Auto_Response_Suppress": "All"},
        {"sender": "ana@paciente.example, bia@paciente.example"},
    ],
)
def test_what_a_person_may_have_written_is_asked(headers: dict[str, str]) -> None:
    assert reason(mail(**headers)) is None  # type: ignore[arg-type]


def test_a_row_says_who_asked_what_and_when() -> None:
    assert row(mail("Bom dia!\n\nQual o preparo?\n\nAtt,\nAna\n")) == BackfillRow(
        key="<1@paciente.example>",
        id="1@paciente.example",
        place="mensagem de 14/09/2026 08:12",
        question="Colonoscopia\nBom dia!\n\nQual o preparo?",
        asked_at=MORNING,
        columns={
            "De": "Ana Souza <ana@paciente.example>",
            "Assunto": "Colonoscopia",
            "Data": "14/09/2026 08:12",
        },
    )


def test_of_a_form_the_patient_s_address_is_kept() -> None:
    answer = row(mail(sender=f"Site <{CLINIC}>", Reply_To="Ana <ana@paciente.example>"))
    assert answer.columns["Responder a"] == "ana@paciente.example"


def test_of_a_reply_the_new_words_are_asked() -> None:
    text = "E café?\n\nEm seg., 14 de set. de 2026 às 08:12, Clínica <c@x.example> escreveu:\n> Oi"
    assert row(mail(text, subject="Re: Colonoscopia")).question == "E café?"


def test_a_mail_without_an_id_has_a_key_of_what_it_says() -> None:
    one, same, other = (mail(text, own_id=None) for text in ("a", "a", "b"))
    assert row(one).key == row(same).key != row(other).key
    assert row(one).id == ""


def test_a_long_id_is_a_hash() -> None:
    assert len(row(mail(own_id="x" * 300)).key) <= 200


def test_a_box_s_time_counts_where_the_mail_has_none() -> None:
    for date in ("", "Thu, 1 Jan 1970 00:00:00 +0000", "anteontem"):
        raw = mail(Date=date)
        answer = row_of(read_mail(raw), HeldMail("0", raw, received_at=MORNING), 7, 2_000)
        assert isinstance(answer, BackfillRow)
        assert answer.asked_at == MORNING


def test_without_any_time_the_place_is_a_number() -> None:
    assert row(mail(Date="")).place == "mensagem 7"
    assert row(mail(Date="")).asked_at is None


def test_an_attachment_alone_is_media() -> None:
    raw = mail("", subject="", Content_Type='application/pdf; name="pedido.pdf"')
    assert row_of(read_mail(raw), held(raw), 1, 2_000) == LeftOut("media")


def test_a_mail_inside_a_mail_is_not_the_patient_s_words() -> None:
    raw = mail(
        "--x\nContent-Type: text/plain\n\nE este aqui, vale?\n"
        "--x\nContent-Type: message/rfc822\n\n"
        "From: outra@x.example\nSubject: Outra\n\nQuanto custa o hemograma?\n--x--",
        subject="Enc: Pedido",
        Content_Type="multipart/mixed; boundary=x",
    )
    assert row(raw).question == "E este aqui, vale?"


def test_of_a_long_mail_the_part_that_asks_is_asked() -> None:
    story = "Moro longe e a viagem é cansativa. " * 20
    answer = row(mail(f"{story}\n\nQual o horário da coleta?", subject="Re: x"), longest=100)
    assert answer.question == "Qual o horário da coleta?"
    assert answer.columns["Trecho"]


def test_a_long_mail_that_asks_nothing_is_whole() -> None:
    text = ("Moro longe e a viagem é cansativa. " * 20).strip()
    assert row(mail(text, subject="Re: x"), longest=100).question == text


def test_an_emergency_is_not_cut_off() -> None:
    story = "Estou com muita falta de ar e dor no peito agora. " * 20
    answer = row(mail(f"{story}\n\nQual o horário da coleta?", subject="Re: x"), longest=100)
    assert "falta de ar" in answer.question


def test_what_no_parser_reads_is_a_row_for_a_person() -> None:
    answer = row_of(
        read_mail(b"").__class__(None, "sha256:1", defects=("unreadable",)),
        HeldMail("0", b"", received_at=datetime(2026, 9, 14, tzinfo=UTC).timestamp()),
        3,
        2_000,
    )
    assert isinstance(answer, BackfillRow)
    assert (answer.fault, answer.place) == ("unreadable", "mensagem 3")
