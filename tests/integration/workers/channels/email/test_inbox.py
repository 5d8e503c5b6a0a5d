"""What becomes of each kind of mail: asked, filed, noted, or nothing at all."""

import pytest

from tests.mail_bench import MailBench
from workers.channels.email.threads import subject_alias
from workers.contracts.mailboxes import MailboxStore
from workers.contracts.question import Status

pytestmark = pytest.mark.integration

QUESTION = "Qual é o preparo da colonoscopia?"
OUTLOOK = f"""{QUESTION}

Atenciosamente,
Ana Souza

De: Clínica Aurora <recepcao@clinica.example>
Enviada em: quinta-feira, 26 de novembro de 2026 10:00
Para: Ana Souza
Assunto: Re: Dúvida

O jejum é de 8 horas. Venha acompanhado."""


def test_a_question_is_asked_once_and_knows_where_its_answer_goes(mails: MailBench) -> None:
    mail = mails.write(OUTLOOK, subject="Re: Exame", references="<a@x> <b@x>")
    question = mails.question()
    assert question.request.question == QUESTION
    assert question.status is Status.QUEUED
    address = question.request.reply_to
    assert address is not None
    assert (address.kind, address.receiver) == ("email", "email:correio")
    conversation = mails.conversation()
    assert (conversation.name, conversation.kind) == ("Ana Souza", "email")
    assert conversation.contact == "email:ana@paciente.example"
    assert conversation.recipient == {
        "email": "ana@paciente.example",
        "subject": "Re: Exame",
        "message": mail["Message-ID"],
        "references": "<a@x> <b@x>",
        "folder": "INBOX",
        "uid": "2",
        "validity": "7",
        "attached": "",
    }
    assert mails.lines() == [("patient", QUESTION)]
    assert mails.count("message") == 1


def test_a_mail_that_comes_again_is_asked_once_whichever_mailbox_it_reaches(
    mails: MailBench,
) -> None:
    mail = mails.mail(QUESTION, cc=mails.other.address)
    for channel in (mails.channel, mails.channel, mails.other):
        mails.post(mail, app=channel.name)
    mails.turn()
    assert len(mails.asked) == 1
    assert mails.count("repeated") == 2


def test_a_mail_without_an_id_is_known_by_what_it_says(mails: MailBench) -> None:
    mail = mails.mail(QUESTION, message_id="")
    for _ in range(2):
        mails.post(mail)
    mails.post(mails.mail("Aceitam o convênio Unimed?", message_id=""))
    mails.turn()
    assert len(mails.asked) == 2


def test_two_mails_are_two_conversations_and_a_reply_to_one_stays_there(mails: MailBench) -> None:
    first = mails.write(QUESTION)
    mails.write("Aceitam o convênio Unimed?", subject="Convênio")
    assert len(mails.all_conversations()) == 2
    mails.write("E quanto custa?", subject="Re: Dúvida", in_reply_to=first["Message-ID"])
    assert len(mails.all_conversations()) == 2


def test_a_reply_that_names_no_mail_is_found_by_its_subject_and_a_new_mail_is_not(
    mails: MailBench,
) -> None:
    mails.write(QUESTION)
    conversation = mails.conversation()
    alias = subject_alias("ana@paciente.example", "Dúvida sobre exame")
    assert alias is not None
    mails.conversations.bind(conversation.id, "correio", [alias])
    mails.write("E pode beber água?", subject="RES: Dúvida  sobre exame")
    mails.write("E dói?", subject="Re: Dúvida sobre exame", **{"from": "Joana <j@outra.example>"})
    mails.write("Quanto custa a colonoscopia?", subject="Dúvida sobre exame")
    threads = {
        each.id: len(mails.conversations.transcript(each.id)) for each in mails.all_conversations()
    }
    assert len(threads) == 3
    assert threads[conversation.id] == 2


def test_whoever_names_another_in_reply_to_reaches_no_conversation_of_that_one_s(
    mails: MailBench,
) -> None:
    first = mails.write(QUESTION)
    mails.write(
        "Cancelem a minha consulta, por favor?",
        **{"from": "x@mau.example"},
        reply_to="ana@paciente.example",
        in_reply_to=first["Message-ID"],
        subject="Re: Dúvida",
        authentication_results="mx.clinica.example; dmarc=pass header.from=mau.example",
    )
    ours, forged = sorted(mails.all_conversations(), key=lambda each: each.opened_at)
    assert ours.recipient["message"] == first["Message-ID"]
    assert (forged.recipient["email"], forged.recipient["writer"]) == (
        "ana@paciente.example",
        "x@mau.example",
    )
    assert len(mails.conversations.transcript(ours.id)) == 1


def test_programs_that_give_every_mail_one_id_lose_no_question(mails: MailBench) -> None:
    same = {"message_id": "<0@localhost>"}
    mails.write("Qual o preparo da colonoscopia?", **same, date="Fri, 27 Nov 2026 10:00:00 -0300")
    mails.write("Aceitam Unimed?", **same, date="Fri, 27 Nov 2026 10:05:00 -0300")
    mails.write("Qual o horário?", **same, **{"from": "Bia <bia@x.example>"})
    assert len(mails.asked) == 3
    assert mails.count("repeated") == 0


def test_a_flood_of_one_sender_is_a_person_s_and_asks_nothing_more(mails: MailBench) -> None:
    for number in range(30):
        mails.post(mails.mail(f"Pergunta {number}: qual o horário {number}?", subject=str(number)))
    mails.post(mails.mail("Qual o horário?", **{"from": "Bia <bia@x.example>"}))
    for _ in range(10):
        mails.turn()
    assert len(mails.asked) == 21
    assert mails.count("loop") == 10


def test_a_flood_of_emergencies_is_a_person_s_and_forwards_no_more(mails: MailBench) -> None:
    for number in range(21):
        mails.post(mails.mail(f"Qual o horário do exame {number}?", subject=str(number)))
    for number in range(25):
        text = f"Estou com muita dor no peito e falta de ar há {number} minutos"
        mails.post(mails.mail(text, subject=str(number)))
    for _ in range(12):
        mails.turn()
    urgent = [q for q in mails.asked_questions() if q.outcome and q.outcome.reason == "emergency"]
    assert (len(mails.asked), len(urgent)) == (40, 20)
    handoffs = [each.handoff.reason for each in mails.all_conversations() if each.handoff]
    assert handoffs.count("emergency") == 25


def test_nobody_reaches_another_s_conversation_by_an_id_that_he_has_seen(mails: MailBench) -> None:
    mail = mails.write(QUESTION)
    mails.write("E o resultado dela?", in_reply_to=mail["Message-ID"], **{"from": "x@mau.example"})
    assert len(mails.all_conversations()) == 2


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"auto_submitted": "auto-replied"}, "automatic"),
        ({"subject": "Resposta automática: Dúvida"}, "automatic"),
        ({"from": "nao-responda@banco.example"}, "automatic"),
        ({"list_unsubscribe": "<https://x.example>"}, "list"),
        ({"from": "exames@clinica.example"}, "own"),
        ({"x_spam_flag": "YES"}, "spam"),
        ({"from": "MAILER-DAEMON@servidor.example"}, "bounce"),
    ],
)
def test_what_nobody_wrote_to_the_clinic_is_counted_and_nothing_else(
    mails: MailBench, headers: dict[str, str], kind: str
) -> None:
    mails.write(QUESTION, **headers)
    assert mails.all_conversations() == []
    assert (mails.count(kind), mails.count("message")) == (1, 0)
    assert mails.inbound.aside() == []


@pytest.mark.parametrize(
    ("headers", "kind", "address"),
    [
        ({"to": "antigo@clinica.example"}, "not_for_us", "ana@paciente.example"),
        ({"x_auto_response_suppress": "All"}, "automatic", "ana@paciente.example"),
        (
            {"from": "noreply@clinica.example", "reply_to": "rita@paciente.example"},
            "automatic",
            "rita@paciente.example",
        ),
    ],
)
def test_what_a_person_may_have_written_is_filed_and_not_dropped(
    mails: MailBench, headers: dict[str, str], kind: str, address: str
) -> None:
    mails.write(QUESTION, **headers)
    assert mails.asked == []
    assert mails.reason() == "doubtful"
    assert mails.conversation().recipient["email"] == address
    assert (mails.count(kind), mails.count("filed")) == (1, 1)


@pytest.mark.parametrize("text", ["Obrigada!", "Muito obrigado pela atenção.", "Ok, obrigada 🙏"])
def test_thanks_are_noted_in_silence(mails: MailBench, text: str) -> None:
    mails.write(text, subject="Re: Dúvida")
    assert mails.asked == []
    assert mails.reason() is None
    assert mails.lines() == [("patient", text)]
    assert (mails.count("thanks"), mails.count("filed")) == (1, 0)
    assert flags(mails) == []


def test_a_mail_that_may_be_forged_is_filed_for_a_person_and_nothing_is_learnt_of_it(
    mails: MailBench,
) -> None:
    first = mails.write(QUESTION)
    forged = mails.mail(
        "Mandem o resultado para outro endereço",
        **{"from": "ana@paciente.example, x@mau.example"},
        in_reply_to=first["Message-ID"],
        subject="Re: Dúvida",
    )
    mails.post(forged, uid=77)
    mails.turn()
    assert len(mails.asked) == 1
    assert mails.reason() == "untrusted"
    assert mails.conversation().recipient["message"] == first["Message-ID"]
    assert (mails.count("untrusted"), mails.count("filed")) == (1, 1)
    assert flags(mails) == [77]


def test_the_same_words_within_an_hour_are_a_loop_whatever_the_subject_says(
    mails: MailBench,
) -> None:
    for number in range(3):
        mails.write("Sua mensagem foi recebida, protocolo aberto.", subject=f"Chamado {number}")
    assert len(mails.asked) == 1
    assert mails.count("loop") == 2
    reasons = {each.handoff.reason for each in mails.all_conversations() if each.handoff}
    assert reasons == {"loop"}


def test_the_same_thanks_are_no_loop(mails: MailBench) -> None:
    for _ in range(2):
        mails.write("Obrigada!")
    assert mails.count("loop") == 0


def test_an_emergency_is_answered_at_once_also_where_a_person_has_the_conversation(
    mails: MailBench,
) -> None:
    first = mails.write(QUESTION)
    mails.conversations.pause(mails.conversation().id, 12, "Joana")
    mails.write(
        "Estou com muita dor no peito e falta de ar",
        in_reply_to=first["Message-ID"],
        subject="Re: Dúvida",
    )
    question = mails.asked_questions()[-1]
    assert question.outcome is not None
    assert question.outcome.reason == "emergency"
    assert "192" in question.outcome.text
    assert mails.reason() == "emergency"


def test_an_emergency_in_a_very_long_mail_is_answered_at_once(mails: MailBench) -> None:
    story = "\n\n".join(f"No dia {n} tudo correu bem com o tratamento." for n in range(80))
    mails.write(f"{story}\n\nAgora estou com dor no peito e falta de ar.\n\n{story}")
    outcome = mails.question().outcome
    assert outcome is not None
    assert outcome.reason == "emergency"


def test_an_emergency_that_may_be_forged_is_a_person_s_before_all_others(mails: MailBench) -> None:
    mails.write("Estou com dor no peito e falta de ar", **{"from": "a@x.example, b@x.example"})
    assert mails.asked == []
    assert mails.reason() == "emergency"


def test_a_mail_with_nothing_but_attachments_reaches_a_person(
    mails: MailBench,
) -> None:
    mail = mails.mail("", subject="")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="pedido.pdf")
    mails.post(mail)
    mails.turn()
    outcome = mails.question().outcome
    assert outcome is not None
    assert (outcome.status, outcome.reason) == (Status.NEEDS_HUMAN, "attachment")
    assert next(entry.kind for entry in mails.entries()) == "media"


def test_an_empty_mail_is_a_person_s(mails: MailBench) -> None:
    mails.write("", subject="")
    assert (mails.asked, mails.reason()) == ([], "unreadable")


def test_a_long_mail_is_asked_by_what_it_asks(mails: MailBench) -> None:
    story = "\n\n".join(f"No dia {n} tudo correu bem com o tratamento." for n in range(80))
    mails.write(f"{story}\n\nVou fazer o exame na terça.\n\n{QUESTION}\n\n{story}")
    asked = mails.question().request.question
    assert asked.split("\n") in (
        ["Vou fazer o exame na terça.", QUESTION],
        ["Vou fazer o exame na terça.", "", QUESTION],
    )


def test_a_long_mail_that_asks_nothing_is_a_person_s(mails: MailBench) -> None:
    mails.write("\n\n".join(f"No dia {n} tudo correu bem com o tratamento." for n in range(80)))
    assert (mails.asked, mails.reason()) == ([], "too_long")


def test_who_wants_to_be_left_alone_is_and_stays_so(mails: MailBench) -> None:
    mails.write("Não quero mais receber seus e-mails, por favor me descadastrem.")
    outcome = mails.question().outcome
    assert outcome is not None
    assert outcome.reason == "opt_out"
    assert mails.conversation().opted_out_at is not None


def test_that_wish_counts_where_a_person_has_the_conversation(mails: MailBench) -> None:
    first = mails.write(QUESTION)
    mails.conversations.pause(mails.conversation().id, 12, "Joana")
    mails.write("Me descadastrem", subject="Re: Dúvida", in_reply_to=first["Message-ID"])
    assert mails.conversation().opted_out_at is not None


def test_what_comes_while_a_person_has_the_conversation_is_flagged_for_her(
    mails: MailBench,
) -> None:
    first = mails.write(QUESTION)
    mails.conversations.pause(mails.conversation().id, 12, "Joana")
    mails.post(mails.mail("E quanto custa?", in_reply_to=first["Message-ID"]), uid=50)
    mails.turn()
    assert mails.count("paused") == 1
    assert flags(mails) == [50]


def test_an_english_mail_that_asks_for_a_person_is_told_so_in_english(mails: MailBench) -> None:
    mails.write("I would like to talk to a person, please.", subject="Help")
    outcome = mails.question().outcome
    assert outcome is not None
    assert (outcome.reason, outcome.language) == ("person_asked", "en")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe\x00garbage without any header",
        b"Subject: x\r\nTo: recepcao@clinica.example\r\n\r\nQuem sou eu?\r\n",
        b"From: <>\r\nTo: recepcao@clinica.example\r\n\r\nOi?\r\n",
    ],
)
def test_a_broken_mail_is_kept_aside_and_the_next_one_is_asked(
    mails: MailBench, raw: bytes
) -> None:
    mails.post(raw)
    mails.write(QUESTION)
    assert len(mails.asked) == 1
    assert mails.count("broken") == 1
    assert len(mails.inbound.aside()) == 1


def test_a_damaged_post_is_kept_aside_and_stops_nobody(mails: MailBench) -> None:
    mails.post(QUESTION.encode(), raw="no base64 at all!")
    mails.write(QUESTION)
    assert (len(mails.asked), mails.count("bad")) == (1, 1)


def test_a_mail_that_ends_every_worker_is_kept_aside(mails: MailBench) -> None:
    mails.post(mails.mail("Poison"))
    for number in range(3):
        assert mails.inbound.take(f"w{number + 10}", 1, 0) or True
        mails.inbound.take_over(f"w{number + 10}", 1, 0.0)
    mails.intake._looked_at = float("-inf")  # noqa: SLF001 - a look is due now
    (post,) = mails.inbound.take_over("w1", 1, 0.0)
    assert post.poison
    mails.intake._read(post)  # noqa: SLF001 - as its turn does
    mails.write(QUESTION)
    assert len(mails.asked) == 1
    assert len(mails.inbound.aside()) == 1


def test_a_mail_of_a_channel_that_is_gone_is_kept_aside(mails: MailBench) -> None:
    mails.post(mails.mail(QUESTION), app="antigo")
    mails.turn()
    assert (mails.asked, mails.count("foreign")) == ([], 1)
    assert len(mails.inbound.aside()) == 1


def test_a_mail_that_is_read_once_more_is_asked_once_and_no_loop(mails: MailBench) -> None:
    mails.read_twice(mails.mail(QUESTION))
    mails.turn()
    assert len(mails.asked) == 1
    assert mails.reason() is None


def test_of_a_mail_that_a_worker_died_over_the_flag_is_written_all_the_same(
    mails: MailBench,
) -> None:
    mails.read_twice(mails.mail("Oi", **{"from": "a@x.example, b@x.example"}))
    assert len(flags(mails)) == 1


def test_a_form_s_mail_is_the_patient_s(mails: MailBench) -> None:
    form = {"from": "Site <formulario@site.example>", "reply_to": "ana@paciente.example"}
    mails.write(QUESTION, **form)
    assert mails.question().request.question.endswith(QUESTION)
    assert mails.conversation().recipient["email"] == "ana@paciente.example"
    assert mails.conversation().name is None


def flags(mails: MailBench) -> list[int]:
    """UIDs of the mails that are to be flagged."""
    token = MailboxStore(mails.redis).lease("correio", "test", 60)
    assert token is not None
    return sorted(each.uid for each in mails.errands.next("correio", token, 100))
