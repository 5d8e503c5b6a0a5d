"""What happened to other people's bots, and what must happen here: the cases of the way in."""

import time

import pytest
from structlog.testing import capture_logs

from tests.intake_bench import MARIA, IntakeBench
from tests.sample_channel import channel
from tests.unit.workers.channels.whatsapp.webhooks import made
from workers.contracts import channel_files, keys
from workers.contracts.question import Delivery, Mark, Outcome, Status
from workers.contracts.reply import WhatsAppAddress
from workers.contracts.send import Change, SendState

pytestmark = pytest.mark.integration


def sent(bench: IntakeBench, question: str, message: str) -> None:
    """Let an answer of ours have gone out as a message of this id."""
    attempt = bench.sends.begin(question, bench.sends.get(question), "recepcao", "user_id")
    assert attempt is not None
    bench.sends.move(question, attempt, Change(SendState.ACCEPTED, message))


def echo(
    message: str = "wamid.E1", text: str = "Oi, aqui é a Carla", **more: str
) -> dict[str, object]:
    to = {"to": MARIA["from"], "to_user_id": MARIA["from_user_id"]}
    fields = {"id": message, "timestamp": str(int(time.time())), "type": "text"}
    return {"from": "554133334444", **to, **fields, "text": {"body": text}, **more}


# -- who writes (cases 1, 2, 20, 27) --------------------------------------------------------------


def test_a_person_with_a_user_name_alone_is_asked_for_and_can_be_answered(
    bench: IntakeBench,
) -> None:
    bench.raw(made("username_without_number").replace("1795766400", str(int(time.time()))))
    bench.quiet()
    (question,) = bench.asked_questions()
    assert question.request.question == "Vocês atendem Unimed?"
    assert bench.conversation().recipient == {"user_id": "BR.1502576394655843"}


def test_a_conversation_stays_one_when_the_user_id_comes_and_the_number_goes(
    bench: IntakeBench,
) -> None:
    number, user = {"from": MARIA["from"]}, {"from_user_id": MARIA["from_user_id"]}
    bench.post({**bench.text("Oi"), **number, "from_user_id": None})
    bench.post(bench.text("Quanto custa a consulta?"))
    bench.post({**bench.text("E o retorno?"), **user, "from": None})
    bench.quiet()
    conversation = bench.conversation()
    assert conversation.contact == "user:BR.1502576394655843"
    assert conversation.recipient == {"user_id": "BR.1502576394655843", "phone": "+5541998765432"}


def test_the_ninth_digit_makes_no_second_contact_and_what_meta_sent_is_not_rewritten(
    bench: IntakeBench,
) -> None:
    bench.post(bench.text("Oi", **{"from": "5541998765432", "from_user_id": None}))
    bench.post(bench.text("Abrem no sábado?", **{"from": "554198765432", "from_user_id": None}))
    bench.turn()
    assert bench.conversation().recipient == {"phone": "+554198765432"}


def test_two_numbers_of_a_clinic_keep_one_contact_s_conversations_apart(
    bench: IntakeBench,
) -> None:
    other = channel(name="exames", phone_number_id="2", app_secret="another-secret")
    channel_files.save(other, bench.folder)
    bench.book = type(bench.book)(bench.folder, {})
    bench.intake = bench.worker("w1")
    bench.post(bench.text("Quanto custa a consulta?"))
    bench.post(bench.text("Qual o preparo?"), to=other)
    bench.quiet()
    assert sorted(each.channel for each in bench.all_conversations()) == ["exames", "recepcao"]
    assert len(bench.asked) == 2


def test_a_post_that_another_app_signed_reaches_no_channel(bench: IntakeBench) -> None:
    bench.post(bench.text("Oi"), app="ffffffffffff")
    bench.post(bench.text("Oi"), to=channel(phone_number_id="999"))
    bench.quiet()
    assert (bench.asked, bench.count("foreign"), bench.inbound.waiting()) == ([], 2, 0)
    assert len(bench.inbound.aside()) == 2  # kept, should a secret have been changed just now


def test_a_change_of_identity_moves_the_conversation_and_makes_none(bench: IntakeBench) -> None:
    bench.say("Quanto custa a consulta?")
    bench.raw(made("user_changed_user_id"))
    bench.raw(made("user_changed_number").replace("BR.99", "BR.98"))
    bench.turn()
    bench.post(
        bench.text(
            "E o retorno?", **{"from": "5541991112222", "from_user_id": "BR.9817773331112224"}
        )
    )
    bench.turn()
    conversation = bench.conversation()
    assert conversation.recipient == {"user_id": "BR.9817773331112224", "phone": "+5541991112222"}


def test_a_change_of_identity_of_a_stranger_makes_no_conversation(bench: IntakeBench) -> None:
    bench.raw(made("user_changed_user_id"))
    bench.turn()
    assert (bench.all_conversations(), bench.count("identity")) == ([], 1)


# -- what comes twice (cases 3, 4) ----------------------------------------------------------------


def test_a_message_in_two_posts_is_asked_once(bench: IntakeBench) -> None:
    message = bench.text("Quanto custa a consulta?")
    bench.post(message, message)
    bench.post(message)
    bench.quiet()
    bench.post(message)  # days later
    bench.quiet()
    assert [each.request.question for each in bench.asked_questions()] == [
        "Quanto custa a consulta?"
    ]
    assert (bench.count("message"), bench.count("repeated")) == (4, 3)


# -- bursts (cases 6 to 9) ------------------------------------------------------------------------


def test_an_album_of_parallel_posts_is_one_question_with_its_caption(bench: IntakeBench) -> None:
    image = {"id": "1", "caption": "Este exame precisa de preparo?"}
    for fields in ({"image": image}, {}, {}):
        bench.post(bench.media("image", **fields))
    bench.quiet()
    (question,) = bench.asked_questions()
    assert question.request.question == "Este exame precisa de preparo?"


def test_bubbles_are_one_question_in_the_order_of_the_sender_s_clock(bench: IntakeBench) -> None:
    now = int(time.time())
    bench.post(bench.text("da colonoscopia?", timestamp=str(now)))
    bench.post(bench.text("Qual o preparo", timestamp=str(now - 3)))
    bench.quiet()
    (question,) = bench.asked_questions()
    assert question.request.question == "Qual o preparo da colonoscopia?"


def test_a_greeting_a_button_and_a_wish_for_a_person_wait_for_nothing(bench: IntakeBench) -> None:
    button = {"type": "interactive", "interactive": {"button_reply": {"title": "Ver preços"}}}
    chosen = bench.text("", **button)
    del chosen["text"]
    for message in (bench.text("Oi"), chosen, bench.text("Quero falar com um atendente")):
        bench.post(message)
        bench.turn()  # no quiet window passes
    reasons = [each.outcome.reason if each.outcome else None for each in bench.asked_questions()]
    assert reasons == ["greeting", None, "person_asked"]


def test_an_ordinary_question_waits_for_the_rest_of_it(bench: IntakeBench) -> None:
    bench.post(bench.text("Quanto custa a consulta?"))
    bench.turn()
    assert bench.asked == []
    bench.quiet()
    assert len(bench.asked) == 1


# -- what cannot be read (cases 10 to 12) ---------------------------------------------------------


def test_an_unsupported_message_gets_a_sentence_and_loses_no_other(bench: IntakeBench) -> None:
    other = {"from": "5541991112222", "from_user_id": "BR.7"}
    unsupported = {**bench.media("unsupported"), "errors": [{"code": 131060}]}
    bench.post(unsupported, bench.text("Abrem aos sábados?", **other))
    bench.quiet()
    texts = {each.request.question: each.outcome for each in bench.asked_questions()}
    assert set(texts) == {"", "Abrem aos sábados?"}
    assert texts[""] is not None
    assert texts[""].reason == "media"


def test_bad_items_are_kept_aside_and_the_good_ones_asked(bench: IntakeBench) -> None:
    bench.raw(made("one_bad_item_among_good_ones").replace("1795766400", str(int(time.time()))))
    bench.quiet()
    (question,) = bench.asked_questions()
    assert question.request.question == "Que horas abrem?\nE no sábado?"
    assert (bench.count("bad"), len(bench.inbound.aside()), bench.inbound.waiting()) == (3, 3, 0)


def test_of_a_post_of_nothing_else_some_bad_items_are_kept_aside_and_all_counted(
    bench: IntakeBench,
) -> None:
    bench.post(statuses=[{}] * 3000)
    bench.post(bench.text("Bom dia"))
    with capture_logs() as logs:
        bench.quiet()
    assert (bench.count("bad"), len(bench.inbound.aside()), len(bench.asked)) == (3000, 100, 1)
    assert len(logs) < 110
    assert {
        "event": "items_lost",
        "channel": "whatsapp",
        "items": 3000,
        "log_level": "error",
    } in logs


def test_a_post_that_is_no_json_is_kept_aside(bench: IntakeBench) -> None:
    bench.raw("{")
    bench.turn()
    assert (len(bench.inbound.aside()), bench.inbound.waiting()) == (1, 0)


def test_a_status_is_no_question(bench: IntakeBench) -> None:
    bench.raw(made("failed_without_contacts"))
    bench.post(statuses=[{"id": "wamid.O1", "status": "delivered", "timestamp": "1"}])
    bench.quiet()
    assert (bench.asked, bench.all_conversations(), bench.count("status")) == ([], [], 2)


def test_a_status_moves_what_is_known_of_our_message(bench: IntakeBench) -> None:  # cases 13, 14
    (question,) = bench.say("Quanto custa a consulta?")
    sent(bench, question.id, "wamid.O1")
    for status in ("read", "delivered", "sent"):
        bench.post(statuses=[{"id": "wamid.O1", "status": status, "timestamp": "1795766400"}])
    bench.turn()
    assert bench.sends.get(question.id).state is SendState.READ


def test_a_status_of_an_absurd_time_counts_as_just_come(bench: IntakeBench) -> None:
    (question,) = bench.say("Oi")
    sent(bench, question.id, "wamid.O1")
    bench.post(statuses=[{"id": "wamid.O1", "status": "read", "timestamp": "9" * 30}])
    bench.turn()
    assert bench.sends.get(question.id).state is SendState.READ


# -- people (cases 21, 22) ------------------------------------------------------------------------


def test_a_person_who_writes_from_the_phone_silences_the_assistant(bench: IntakeBench) -> None:
    (question,) = bench.say("Quanto custa a consulta?")
    bench.post(bench.text("E o retorno?"))
    bench.turn()
    bench.post(message_echoes=[echo()])
    bench.quiet()
    dropped = bench.question(question.id)
    assert (dropped.status, dropped.outcome and dropped.outcome.reason) == (
        Status.CANCELLED,
        "person_took_over",
    )
    paused_until = bench.conversation().paused_until
    assert paused_until is not None
    assert 11.9 < (paused_until - time.time()) / 3600 < 12.1
    assert bench.say("Obrigada, então vou às 9h") == []
    assert bench.lines() == [
        ("patient", "Quanto custa a consulta?"),
        ("patient", "E o retorno?"),
        ("person", "Oi, aqui é a Carla"),
        ("patient", "Obrigada, então vou às 9h"),
    ]
    assert bench.count("paused") == 1


def test_who_answers_a_person_that_wrote_first_is_not_answered_by_the_assistant(
    bench: IntakeBench,
) -> None:
    bench.post(message_echoes=[echo(text="Bom dia, sua consulta é amanhã às 9h. Confirma?")])
    bench.turn()
    assert bench.say("Confirmo") == []
    assert bench.lines()[-1] == ("patient", "Confirmo")


def test_an_echo_that_comes_twice_silences_once(bench: IntakeBench) -> None:
    bench.post(message_echoes=[echo()])
    bench.turn()
    conversation = bench.conversation()
    bench.conversations.resume(conversation.id, "test")
    bench.post(message_echoes=[echo()])
    bench.turn()
    assert bench.conversation().paused_until is None
    assert bench.lines() == [("person", "Oi, aqui é a Carla")]


def test_the_silence_is_counted_from_when_the_person_wrote(bench: IntakeBench) -> None:
    two_hours_ago, two_days_ago = (str(int(time.time()) - hours * 3600) for hours in (2, 48))
    bench.post(message_echoes=[echo("wamid.E1", timestamp=two_days_ago)])
    (question,) = bench.say("Quanto custa a consulta?")
    assert question.status is Status.QUEUED
    bench.post(message_echoes=[echo("wamid.E2", timestamp=two_hours_ago)])
    bench.turn()
    paused_until = bench.conversation().paused_until
    assert paused_until is not None
    assert 9.9 < (paused_until - time.time()) / 3600 < 10.1


def test_a_person_who_writes_does_not_shorten_a_longer_silence(bench: IntakeBench) -> None:
    bench.say("Oi")
    bench.conversations.pause(bench.conversation().id, 72, "carla")
    bench.post(message_echoes=[echo()])
    bench.turn()
    paused_until = bench.conversation().paused_until
    assert paused_until is not None
    assert (paused_until - time.time()) / 3600 > 71
    bench.conversations.claim(bench.conversation().id, "carla", 12)
    assert bench.conversation().paused_until == pytest.approx(paused_until, abs=5)
    bench.conversations.pause(bench.conversation().id, 1, "carla")  # who says so may
    shortened = bench.conversation().paused_until
    assert shortened is not None
    assert shortened - time.time() < 3700


def test_an_old_change_of_identity_that_is_sent_again_changes_nothing(bench: IntakeBench) -> None:
    def change(number: int, old: str, new: str) -> dict[str, object]:
        system = {"type": "user_changed_user_id", "previous_user_id": old, "user_id": new}
        return {"id": f"wamid.S{number}", "type": "system", "system": system}

    user = MARIA["from_user_id"]
    bench.say("Oi")
    bench.post(change(1, user, "BR.2"))
    bench.post(change(2, "BR.2", "BR.3"))
    bench.post(change(1, user, "BR.2"))
    bench.turn()
    assert bench.conversation().recipient["user_id"] == "BR.3"


def test_our_own_message_echoed_back_silences_nothing(bench: IntakeBench) -> None:
    (question,) = bench.say("Quanto custa a consulta?")
    sent(bench, question.id, "wamid.O1")
    bench.post(message_echoes=[echo("wamid.O1", "R$ 200")])
    bench.post(message_echoes=[echo("wamid.O2", biz_opaque_callback_data=question.id)])
    bench.turn()
    assert bench.conversation().paused_until is None
    assert bench.question(question.id).status is Status.QUEUED


def begun(bench: IntakeBench, question: str, text: str | None, state: SendState) -> None:
    """Let a request that sends this text have begun, and come to this so far."""
    attempt = bench.sends.begin(question, bench.sends.get(question), "recepcao", "user_id", text)
    assert attempt is not None
    if state is not SendState.SENDING:
        bench.sends.move(question, attempt, Change(state))


@pytest.mark.parametrize("state", [SendState.SENDING, SendState.AMBIGUOUS])
@pytest.mark.parametrize("echoed", ["*O exame* custa R$ 200.", "*O exame*  custa\nR$ 200."])
def test_an_echo_of_ours_that_comes_before_the_reply_silences_nothing_and_settles_the_message(
    bench: IntakeBench, state: SendState, echoed: str
) -> None:
    (question,) = bench.say("Quanto custa a consulta?")
    begun(bench, question.id, "*O exame* custa R$ 200.", state)
    bench.post(statuses=[{"id": "wamid.O1", "status": "delivered", "timestamp": "1795766400"}])
    bench.post(message_echoes=[echo("wamid.O1", echoed)])
    bench.turn()
    assert bench.conversation().paused_until is None
    assert bench.sends.get(question.id).state is SendState.DELIVERED
    assert bench.sends.question_of("recepcao", "wamid.O1") == question.id
    assert bench.lines() == [("patient", "Quanto custa a consulta?")]


def test_an_echo_with_our_mark_settles_a_message_of_unknown_fate(bench: IntakeBench) -> None:
    (question,) = bench.say("Quanto custa a consulta?")
    begun(bench, question.id, "R$ 200", SendState.AMBIGUOUS)
    bench.post(message_echoes=[echo("wamid.O1", "?", biz_opaque_callback_data=question.id)])
    bench.turn()
    assert bench.sends.get(question.id).state is SendState.SENT
    assert bench.conversation().paused_until is None


def test_an_echoed_template_is_ours_while_one_is_being_sent(bench: IntakeBench) -> None:
    (question,) = bench.say("Quanto custa a consulta?")
    begun(bench, question.id, None, SendState.SENDING)
    bench.post(message_echoes=[echo("wamid.O1", text="", type="template")])
    bench.turn()
    assert bench.conversation().paused_until is None
    assert bench.sends.get(question.id).state is SendState.SENT


def test_our_text_under_another_id_is_no_person_s_and_no_second_message(bench: IntakeBench) -> None:
    (question,) = bench.say("Quanto custa a consulta?")
    begun(bench, question.id, "R$ 200", SendState.SENDING)
    bench.sends.move(question.id, 1, Change(SendState.ACCEPTED, "wamid.O1"))
    bench.post(message_echoes=[echo("wamid.other", "R$ 200")])
    bench.turn()
    assert bench.conversation().paused_until is None
    assert bench.redis.hget(keys.COUNTERS, "sends:twice") is None


@pytest.mark.parametrize("state", [SendState.SENDING, SendState.AMBIGUOUS])
def test_a_person_s_own_words_silence_the_assistant_also_while_it_is_sending(
    bench: IntakeBench, state: SendState
) -> None:
    (question,) = bench.say("Quanto custa a consulta?")
    begun(bench, question.id, "R$ 200", state)
    bench.post(message_echoes=[echo()])
    bench.turn()
    assert bench.conversation().paused_until is not None
    assert bench.sends.get(question.id).state is state


def test_what_a_person_types_again_since_it_was_refused_is_a_person_s(bench: IntakeBench) -> None:
    (question,) = bench.say("Quanto custa a consulta?")
    begun(bench, question.id, "R$ 200", SendState.FAILED)
    bench.post(message_echoes=[echo(text="R$ 200")])
    bench.turn()
    assert bench.conversation().paused_until is not None


# -- late, history, standby, groups (case 23) -----------------------------------------------------


def test_a_message_that_comes_late_goes_to_a_person(bench: IntakeBench) -> None:
    hours_ago = str(int(time.time()) - 2 * 3600)
    bench.post(bench.text("Vocês abrem hoje?", timestamp=hours_ago))
    bench.quiet()
    (question,) = bench.asked_questions()
    assert (question.status, question.outcome and question.outcome.reason) == (
        Status.NEEDS_HUMAN,
        "late",
    )
    handoff = bench.conversation().handoff
    assert handoff is not None
    assert (handoff.reason, bench.count("late")) == ("late", 1)


def test_a_message_a_little_late_is_asked(bench: IntakeBench) -> None:
    bench.post(bench.text("Vocês abrem hoje?", timestamp=str(int(time.time()) - 20 * 60)))
    bench.quiet()
    (question,) = bench.asked_questions()
    assert question.status is Status.QUEUED


def test_an_emergency_that_comes_late_is_told_what_to_do_all_the_same(bench: IntakeBench) -> None:
    bench.post(bench.text("Estou com dor no peito", timestamp=str(int(time.time()) - 7200)))
    bench.quiet()
    (question,) = bench.asked_questions()
    assert question.outcome is not None
    assert question.outcome.reason == "emergency"
    assert "192" in question.outcome.text


def test_a_message_without_a_time_that_can_be_read_counts_as_just_sent(bench: IntakeBench) -> None:
    bench.post(bench.text("Vocês abrem hoje?", timestamp="soon"))
    bench.quiet()
    (question,) = bench.asked_questions()
    assert question.status is Status.QUEUED


@pytest.mark.parametrize("name", ["history", "standby", "app_state_sync", "call_opened_window"])
def test_history_and_standby_are_never_answered(bench: IntakeBench, name: str) -> None:
    bench.raw(made(name))
    bench.quiet()
    assert (bench.asked, bench.all_conversations(), bench.count("other")) == ([], [], 1)


def test_a_group_is_left_alone_unless_the_channel_reads_groups(bench: IntakeBench) -> None:
    bench.post(bench.text("Alguém sabe o endereço?", group_id="G1"))
    bench.quiet()
    assert (bench.asked, bench.count("group")) == ([], 1)
    channel_files.save(channel(groups=True), bench.folder)
    bench.book = type(bench.book)(bench.folder, {})
    bench.intake = bench.worker("w1")
    bench.post(bench.text("Alguém sabe o endereço?", group_id="G1"))
    bench.quiet()
    assert len(bench.asked) == 1


# -- media (case 26) ------------------------------------------------------------------------------


def test_voice_notes_and_images_get_one_sentence_for_the_whole_burst(bench: IntakeBench) -> None:
    for kind in ("audio", "image", "audio"):
        bench.post(bench.media(kind))
    bench.quiet()
    (question,) = bench.asked_questions()
    assert (question.outcome and question.outcome.reason, question.delivery) == (
        "media",
        Delivery.PENDING,
    )


# -- marks, edits, deletions (cases 29, 30) -------------------------------------------------------


@pytest.mark.parametrize(
    ("emoji", "mark"),
    [("👍", Mark.GOOD), ("👍🏽", Mark.GOOD), ("👎", Mark.BAD), ("😮", None), ("", None)],
)
def test_a_thumb_marks_the_answer_and_is_not_answered(
    bench: IntakeBench, emoji: str, mark: Mark | None
) -> None:
    (question,) = bench.say("Oi")
    sent(bench, question.id, "wamid.O1")
    for each in ("👍", emoji):
        reaction = {"message_id": "wamid.O1", "emoji": each}
        bench.post({**MARIA, "id": f"wamid.R{each}", "type": "reaction", "reaction": reaction})
    bench.quiet()
    assert bench.question(question.id).mark == mark
    assert len(bench.asked) == 1


def test_a_thumb_to_something_else_marks_nothing(bench: IntakeBench) -> None:
    reaction = {"message_id": "wamid.unknown", "emoji": "👍"}
    bench.post({**MARIA, "id": "wamid.R1", "type": "reaction", "reaction": reaction})
    bench.quiet()
    assert (bench.asked, bench.count("reaction")) == ([], 1)


def edit(original: str, body: str) -> dict[str, object]:
    message = {"type": "text", "text": {"body": body}}
    change = {"original_message_id": original, "message": message}
    return {**MARIA, "id": f"{original}.edit", "type": "edit", "edit": change}


def test_a_text_that_is_edited_while_it_waits_is_asked_anew(bench: IntakeBench) -> None:
    message = bench.text("Quanto custa a tomografia?")
    bench.post(message)
    bench.turn()
    bench.post(edit(message["id"], "Quanto custa a ressonância?"))
    bench.quiet()
    (question,) = bench.asked_questions()
    assert question.request.question == "Quanto custa a ressonância?"


def test_a_text_that_is_edited_after_the_answer_is_recorded_and_asks_nothing(
    bench: IntakeBench,
) -> None:
    (question,) = bench.say("Oi")
    bench.post(edit("wamid.1", "Olá"), edit("wamid.1", "Olá"))
    bench.quiet()
    assert bench.asked == [(question.id, True)]
    assert [line for line in bench.lines() if line == ("patient", "Olá")] == [("patient", "Olá")]


def test_a_text_that_is_deleted_while_it_waits_is_not_asked(bench: IntakeBench) -> None:
    message = bench.text("Quanto custa a tomografia?")
    bench.post(message)
    bench.turn()
    revoke = {"original_message_id": message["id"]}
    bench.post({**MARIA, "id": "wamid.RV", "type": "revoke", "revoke": revoke})
    bench.quiet()
    assert bench.asked == []


@pytest.mark.parametrize("is_edit", [True, False])
def test_a_change_that_comes_before_its_text_counts_all_the_same(
    bench: IntakeBench,
    is_edit: bool,  # noqa: FBT001
) -> None:
    message = bench.text("Quanto custa a tomografia?")
    revoke = {"revoke": {"original_message_id": message["id"]}}
    taken_back = {**MARIA, "id": "wamid.RV", "type": "revoke", **revoke}
    bench.post(edit(message["id"], "Quanto custa a ressonância?") if is_edit else taken_back)
    bench.turn()
    bench.post(message)
    bench.quiet()
    texts = [each.request.question for each in bench.asked_questions()]
    assert texts == ["Quanto custa a ressonância?"] * is_edit


@pytest.mark.parametrize("text", ["Bom dia", "estou com dor no peito"])
def test_an_edit_in_a_group_is_left_alone(bench: IntakeBench, text: str) -> None:
    bench.post({**edit("wamid.G", text), "group_id": "120363@g.us"})
    bench.quiet()
    assert (bench.asked, bench.all_conversations()) == ([], [])


def test_who_wants_no_more_messages_is_heard_while_a_person_answers(bench: IntakeBench) -> None:
    bench.post(message_echoes=[echo()])
    assert bench.say("parar") == []
    assert bench.conversation().opted_out_at is not None


# -- what is asked --------------------------------------------------------------------------------


def test_a_question_says_where_its_answer_goes_and_what_it_quotes(bench: IntakeBench) -> None:
    (question,) = bench.say("Qual o preparo", "da colonoscopia?")
    conversation, request = bench.conversation(), question.request
    assert request.reply_to == WhatsAppAddress(
        channel="recepcao", conversation=conversation.id, message="wamid.2"
    )
    assert (request.tenant, request.conversation_id) == ("clinica", conversation.id)
    assert request.expires_at is not None
    assert request.expires_at - request.asked_at == pytest.approx(30 * 60, abs=1)
    assert conversation.question == question.id


def test_a_follow_up_carries_the_turns_before_it(bench: IntakeBench) -> None:
    bench.say("Oi")
    (question,) = bench.say("E quanto custa?")
    assert [turn.question for turn in question.request.context] == ["Oi"]


def test_what_comes_before_the_claim_is_merged_into_the_question(bench: IntakeBench) -> None:
    (first,) = bench.say("Quanto custa a consulta?")
    (second,) = bench.say("E o retorno?")
    assert second.request.question == "Quanto custa a consulta?\nE o retorno?"
    assert bench.question(first.id).status is Status.CANCELLED


def test_who_wants_no_more_messages_is_remembered_and_told(bench: IntakeBench) -> None:
    (question,) = bench.say("parar")
    assert question.outcome is not None
    assert question.outcome.reason == "opt_out"
    assert bench.conversation().opted_out_at is not None


def test_a_fixed_text_is_ended_at_once_and_its_delivery_is_hinted(bench: IntakeBench) -> None:
    (question,) = bench.say("Bom dia")
    assert bench.asked == [(question.id, True)]
    assert (question.status, question.delivery) == (Status.ANSWERED, Delivery.PENDING)
    assert isinstance(question.outcome, Outcome)
    assert question.outcome.text
