"""Conversations over HTTP, against a real Valkey: a person reads, claims, answers, gives back."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from tests.integration.api.conftest import CLINIC, OTHER
from tests.sample_channel import channel
from workers.contracts import keys as names
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.channel_files import save
from workers.contracts.conversation import ChannelKey, PatientMessage
from workers.contracts.conversations import ConversationStore
from workers.contracts.outbox import Outbox
from workers.contracts.question import Delivery, Mark, Outcome, Request, Status, Way
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import EmailAddress
from workers.contracts.send import Change, Notice, Send, SendState
from workers.contracts.sends import SendStore
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
Headers = dict[str, str]
PATH = "/v1/conversations"


@pytest.fixture
def store(redis: Redis, queue_settings: QueueSettings) -> ConversationStore:
    return ConversationStore(redis, queue_settings)


@pytest.fixture
def joana(redis: Redis) -> Headers:
    """A key of the clinic's reception; it is called `recepção`."""
    return header(redis, CLINIC, Scope.ATTEND)


def header(redis: Redis, tenant: str, scope: Scope) -> Headers:
    key = ApiKeys(redis).create(tenant, frozenset({scope}), "recepção")
    return {"Authorization": f"Bearer {key}"}


def written(
    store: ConversationStore,
    text: str = "Quero falar com alguém",
    number: int = 0,
    tenant: str = CLINIC,
) -> str:
    """A patient writes; the conversation's id."""
    message = PatientMessage(id=f"wamid.{number}.{text}", text=text, sent_at=time.time())
    key = ChannelKey(tenant, "recepcao")
    aliases = [f"user:BR.{number}", f"phone:+55419999000{number}"]
    recipient = {"user_id": f"BR.{number}", "phone": f"+55419999000{number}"}
    return store.admit(key, aliases, recipient, "Conceição", message, 0).conversation


def handed_off(store: ConversationStore, number: int = 0, tenant: str = CLINIC) -> str:
    """A conversation that waits for a person, its message asked and answered with fixed words."""
    conversation = written(store, number=number, tenant=tenant)
    for burst in store.take_due(10):
        request = Request(
            tenant=burst.conversation.tenant,
            question=burst.messages[0].text,
            asked_at=time.time(),
            conversation_id=burst.conversation.id,
        )
        words = Outcome(
            status=Status.NEEDS_HUMAN, text="Já chamamos alguém.", reason="person_asked"
        )
        store.ask(burst, request, words)
    return conversation


def body(response: TestResponse, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.text
    value: dict[str, Any] = json.loads(response.text)
    return value


def refused(response: TestResponse, status: int, slug: str) -> str:
    problem = body(response, status)
    assert problem["type"] == f"urn:atende:problem:{slug}"
    return str(problem["detail"])


def reply(
    client: FlaskClient, headers: Headers, conversation: str, text: str, **more: str
) -> TestResponse:
    if "key" in more:
        headers = headers | {"Idempotency-Key": more.pop("key")}
    return client.post(f"{PATH}/{conversation}/reply", json={"text": text} | more, headers=headers)


def test_who_waits_for_a_person_is_listed_claimed_answered_and_closed(
    client: FlaskClient, store: ConversationStore, joana: Headers, redis: Redis
) -> None:
    waiting, other = handed_off(store), written(store, "Qual o endereço?", number=1)
    (listed,) = body(client.get(f"{PATH}?needs_human=true", headers=joana))["conversations"]
    assert listed["id"] == waiting
    assert listed["name"] == "Conceição"
    assert (listed["handoff"]["reason"], listed["handoff"]["attendant"]) == ("person_asked", None)
    page = body(client.get(PATH, headers=joana))
    assert [each["id"] for each in page["conversations"]] == [other, waiting]
    assert page["next"] is None

    claimed = body(client.post(f"{PATH}/{waiting}/claim", headers=joana))
    assert claimed["handoff"]["attendant"] == claimed["paused_by"] == "recepção"

    sent = body(reply(client, joana, waiting, "Pode vir às 9h."), 202)
    assert sent["attendant"] == "recepção"
    shown = body(client.get(sent["links"]["self"], headers=joana))
    assert [(entry["by"], entry["text"]) for entry in shown["transcript"]] == [
        ("patient", "Quero falar com alguém"),
        ("assistant", "Já chamamos alguém."),
        ("person", "Pode vir às 9h."),
    ]
    assert shown["transcript"][2]["delivery"] == "pending"
    assert shown["transcript"][2]["question"] == sent["id"]
    question = QuestionStore(redis, QueueSettings()).get(sent["id"])
    assert question is not None
    assert question.outcome is not None
    assert (question.outcome.way, question.status) == (Way.PERSON, Status.ANSWERED)
    assert question.request.receiver == "whatsapp:recepcao"

    closed = body(client.post(f"{PATH}/{waiting}/close", headers=joana))
    assert (closed["handoff"], closed["paused_until"]) == (None, None)
    assert body(client.get(f"{PATH}?needs_human=true", headers=joana))["conversations"] == []


def test_a_delivery_that_failed_is_seen_in_the_transcript(
    client: FlaskClient, store: ConversationStore, joana: Headers, redis: Redis
) -> None:
    conversation = handed_off(store)
    sent = body(reply(client, joana, conversation, "Pode vir às 9h."), 202)
    outbox = Outbox(redis, QueueSettings())
    assert outbox.lease(60, 10) == [sent["id"]]
    outbox.record(sent["id"], Delivery.DEAD, "131026")
    shown = body(client.get(f"{PATH}/{conversation}", headers=joana))
    assert [entry["delivery"] for entry in shown["transcript"]] == [None, "none", "dead"]


def test_a_conversation_is_one_attendant_s_and_another_is_told_whose(
    client: FlaskClient, store: ConversationStore, joana: Headers
) -> None:
    conversation = handed_off(store)
    path = f"{PATH}/{conversation}"
    body(client.post(f"{path}/claim", json={"attendant": "Joana"}, headers=joana))
    body(client.post(f"{path}/claim", json={"attendant": "Joana"}, headers=joana))
    bia = {"attendant": "Bia"}
    for response in (
        client.post(f"{path}/claim", json=bia, headers=joana),
        client.post(f"{path}/release", json=bia, headers=joana),
        client.post(f"{path}/close", json=bia, headers=joana),
        reply(client, joana, conversation, "Oi", attendant="Bia"),
    ):
        assert "Joana has this conversation" in refused(response, 409, "conversation-claimed")
    assert [entry.text for entry in store.transcript(conversation)][-1] == "Já chamamos alguém."
    released = body(client.post(f"{path}/release", json={"attendant": "Joana"}, headers=joana))
    assert (released["handoff"]["attendant"], released["paused_until"]) == (None, None)
    body(client.post(f"{path}/claim", json=bia, headers=joana))


def test_a_reply_claims_for_who_writes_it(
    client: FlaskClient, store: ConversationStore, joana: Headers
) -> None:
    conversation = written(store, "Qual o endereço?")
    body(reply(client, joana, conversation, "Rua XV, 100.", attendant="Joana"), 202)
    shown = body(client.get(f"{PATH}/{conversation}", headers=joana))
    assert (shown["handoff"]["attendant"], shown["paused_by"]) == ("Joana", "Joana")
    assert shown["handoff"]["reason"] == "person_took_over"
    assert store.take_due(10) == []  # the assistant does not answer it as well


def test_a_reply_that_is_sent_again_with_its_key_is_one_message(
    client: FlaskClient, store: ConversationStore, joana: Headers
) -> None:
    conversation, other = handed_off(store), handed_off(store, number=1)
    first = body(reply(client, joana, conversation, "Pode vir às 9h.", key="k1"), 202)
    again = body(reply(client, joana, conversation, "Pode vir às 9h.", key="k1"), 200)
    assert (again["id"], again["repeated"]) == (first["id"], True)
    refused(reply(client, joana, conversation, "Às 10h.", key="k1"), 422, "idempotency-key-reused")
    body(reply(client, joana, conversation, "Às 10h.", key="k2"), 202)
    body(reply(client, joana, other, "Às 11h.", key="k1"), 202)  # the key is a conversation's
    texts = [entry.text for entry in store.transcript(conversation) if entry.by == "person"]
    assert texts == ["Pode vir às 9h.", "Às 10h."]


def test_a_reply_after_24_hours_is_refused_even_where_a_template_would_be_sent_instead(
    client: FlaskClient, store: ConversationStore, joana: Headers, redis: Redis
) -> None:
    save(channel(template="retomar"), client.application.extensions["atende"].channels.folder)
    conversation = handed_off(store)
    late = time.time() - 24 * 3600 - 60
    redis.hset(names.conversation(conversation), "last_message_at", f"{late:.3f}")
    detail = refused(reply(client, joana, conversation, "Oi"), 409, "window-closed")
    assert "Nothing was sent" in detail
    assert store.transcript(conversation)[-1].by == "assistant"
    assert store.get(conversation).handoff.attendant is None  # type: ignore[union-attr]
    redis.hset(names.conversation(conversation), "last_message_at", f"{time.time():.3f}")
    body(reply(client, joana, conversation, "Oi"), 202)


def mailed(store: ConversationStore, address: str = "ana@example.com") -> str:
    """A patient writes by e-mail; the conversation's id."""
    mail = PatientMessage(id="<1@example.com>", text="Qual o preço?", sent_at=time.time())
    recipient = {"email": address, "subject": "Preço", "message": mail.id, "references": ""}
    key = ChannelKey(CLINIC, "correio", "email")
    aliases = [f"thread:{address}|{mail.id}"]
    return store.admit(key, aliases, recipient, "Ana", mail, 0).conversation


def test_a_mail_is_answered_by_mail_at_any_time_and_at_length(
    client: FlaskClient, store: ConversationStore, joana: Headers, redis: Redis
) -> None:
    conversation = mailed(store)
    long_ago = time.time() - 20 * 24 * 3600
    redis.hset(names.conversation(conversation), "last_message_at", f"{long_ago:.3f}")
    shown = body(client.get(f"{PATH}/{conversation}", headers=joana))
    assert (shown["kind"], shown["window_ends_at"]) == ("email", None)
    assert (shown["contact"], shown["recipient"]["subject"]) == ("email:ana@example.com", "Preço")
    sent = body(reply(client, joana, conversation, "ã" * 20_000), 202)
    question = QuestionStore(redis, QueueSettings()).get(sent["id"])
    assert question is not None
    assert question.request.reply_to == EmailAddress(channel="correio", conversation=conversation)
    problem = body(reply(client, joana, conversation, "ã" * 20_001), 422)
    assert [error["field"] for error in problem["errors"]] == ["/text"]


def test_a_correspondent_s_conversations_are_listed(
    client: FlaskClient, store: ConversationStore, joana: Headers
) -> None:
    conversation = mailed(store)
    written(store)
    listed = body(client.get(f"{PATH}?contact=Ana@Example.com", headers=joana))["conversations"]
    assert [each["id"] for each in listed] == [conversation]
    assert not body(client.get(f"{PATH}?contact=bia@example.com", headers=joana))["conversations"]


def test_the_assistant_is_silent_for_the_hours_of_a_pause_and_answers_after_a_resume(
    client: FlaskClient, store: ConversationStore, joana: Headers
) -> None:
    conversation = written(store)
    path = f"{PATH}/{conversation}"
    paused = body(client.post(f"{path}/pause", json={"hours": 2}, headers=joana))
    seconds = time.mktime(time.strptime(paused["paused_until"][:19], "%Y-%m-%dT%H:%M:%S"))
    assert abs(seconds - time.mktime(time.gmtime()) - 7200) < 30
    assert store.take_due(10) == []
    resumed = body(client.post(f"{path}/resume", headers=joana))
    assert (resumed["paused_until"], resumed["paused_by"]) == (None, None)
    written(store, "E no sábado?")
    assert len(store.take_due(10)) == 1
    by_default = body(client.post(f"{path}/pause", headers=joana))
    assert by_default["paused_until"] > paused["paused_until"]  # 12 hours


def test_the_silence_is_as_long_as_the_channel_says(
    client: FlaskClient, store: ConversationStore, joana: Headers
) -> None:
    save(channel(pause_hours=3), client.application.extensions["atende"].channels.folder)
    conversation = handed_off(store)
    body(client.post(f"{PATH}/{conversation}/claim", headers=joana))
    record = store.get(conversation)
    assert record is not None
    assert record.paused_until == pytest.approx(time.time() + 3 * 3600, abs=30)


def test_what_is_erased_is_gone_with_its_questions(
    client: FlaskClient, store: ConversationStore, joana: Headers, redis: Redis
) -> None:
    conversation = handed_off(store)
    sent = body(reply(client, joana, conversation, "Conceição, pode vir às 9h."), 202)
    erased = body(client.delete(f"{PATH}/{conversation}", headers=joana))
    assert erased == {"id": conversation, "questions": 2}
    refused(client.get(f"{PATH}/{conversation}", headers=joana), 404, "conversation-unknown")
    refused(client.delete(f"{PATH}/{conversation}", headers=joana), 404, "conversation-unknown")
    assert QuestionStore(redis, QueueSettings()).get(sent["id"]) is None
    for name in redis.keys("*"):
        if redis.type(name) == "string":
            assert "Conceição" not in str(redis.get(name))
        elif redis.type(name) == "hash":
            assert "Conceição" not in str(redis.hgetall(name))


def test_another_clinic_s_conversation_looks_like_none(
    client: FlaskClient, store: ConversationStore, joana: Headers, redis: Redis
) -> None:
    theirs = handed_off(store, tenant=OTHER)
    calls = [
        client.get(f"{PATH}/{theirs}", headers=joana),
        client.delete(f"{PATH}/{theirs}", headers=joana),
        reply(client, joana, theirs, "Oi"),
        *(
            client.post(f"{PATH}/{theirs}/{what}", headers=joana)
            for what in ("claim", "release", "close", "pause", "resume")
        ),
    ]
    unknown = client.get(f"{PATH}/{'f' * 32}", headers=joana)
    details = {refused(response, 404, "conversation-unknown") for response in [*calls, unknown]}
    assert len(details) == 1
    assert body(client.get(PATH, headers=joana))["conversations"] == []
    record = store.get(theirs)
    assert record is not None
    assert record.handoff is not None
    assert (record.handoff.attendant, record.paused_until) == (None, None)
    admin = header(redis, OTHER, Scope.ADMIN)
    body(client.post(f"{PATH}/{theirs}/claim", headers=admin))


@pytest.mark.parametrize(
    "contact", ["%2B5541999990001", "+5541999990001", "%2B55 (41) 9999-0001", "BR.1"]
)
def test_a_contact_s_conversations_are_found_by_its_number_or_user_id_whatever_they_wait_for(
    client: FlaskClient, store: ConversationStore, joana: Headers, contact: str
) -> None:
    handed_off(store)
    hers = written(store, "Qual o endereço?", number=1)
    handed_off(store, number=1, tenant=OTHER)
    page = body(client.get(f"{PATH}?needs_human=true&contact={contact}", headers=joana))
    assert [each["id"] for each in page["conversations"]] == [hers]
    assert page["next"] is None
    none = body(client.get(f"{PATH}?contact=%2B5541999990009", headers=joana))
    assert none["conversations"] == []


@pytest.mark.parametrize(
    "contact", ["41999990001", "user:BR.1", "%2B55*", "%2B1", "BR.", "@b", "a@"]
)
def test_a_contact_that_is_no_number_with_its_country_and_no_user_id_is_refused(
    client: FlaskClient, joana: Headers, contact: str
) -> None:
    refused(client.get(f"{PATH}?contact={contact}", headers=joana), 422, "invalid-fields")


def test_what_became_of_each_answer_is_shown_with_the_patient_s_thumb(
    client: FlaskClient,
    store: ConversationStore,
    joana: Headers,
    redis: Redis,
    queue_settings: QueueSettings,
) -> None:
    conversation = handed_off(store)

    def answer() -> dict[str, Any]:
        entries = body(client.get(f"{PATH}/{conversation}", headers=joana))["transcript"]
        assert (entries[0]["message"], entries[0]["mark"]) == (None, None)
        value: dict[str, Any] = entries[1]
        return value

    question = answer()["question"]
    assert (answer()["message"], answer()["mark"], answer()["template"]) == (None, None, False)
    sends = SendStore(redis, queue_settings)
    sends.begin(question, Send(), "recepcao", "user_id", "Já chamamos alguém.")
    assert answer()["message"] == "sending"
    sends.move(question, 1, Change(SendState.ACCEPTED, "wamid.O1"))
    hashed = names.hashed("wamid.O1")
    sends.notice(Notice(channel="recepcao", message=hashed, state=SendState.READ))
    QuestionStore(redis, queue_settings).mark(question, Mark.BAD)
    assert (answer()["message"], answer()["mark"]) == ("read", "bad")
    redis.hset(names.send(question), "template", "1")
    assert answer()["template"]
    redis.hset(names.send(question), "state", "?")  # another version's
    assert answer()["message"] is None


@pytest.mark.parametrize("record", [names.question, names.send])
def test_an_answer_whose_record_is_damaged_hides_nothing_of_what_was_said(
    client: FlaskClient,
    store: ConversationStore,
    joana: Headers,
    redis: Redis,
    record: Callable[[str], str],
) -> None:
    conversation = handed_off(store)
    path = f"{PATH}/{conversation}"
    question = body(client.get(path, headers=joana))["transcript"][1]["question"]
    redis.set(record(question), "no hash")
    shown = body(client.get(path, headers=joana))["transcript"]
    assert [entry["text"] for entry in shown] == ["Quero falar com alguém", "Já chamamos alguém."]


def test_what_another_version_says_of_a_delivery_is_not_known(
    client: FlaskClient, store: ConversationStore, joana: Headers, redis: Redis
) -> None:
    path = f"{PATH}/{handed_off(store)}"
    question = body(client.get(path, headers=joana))["transcript"][1]["question"]
    redis.hset(names.question(question), "delivery", "?")
    assert body(client.get(path, headers=joana))["transcript"][1]["delivery"] is None


@pytest.mark.parametrize("scope", [Scope.ASK, Scope.INGEST])
def test_what_patients_wrote_needs_a_scope_of_its_own(
    client: FlaskClient, store: ConversationStore, redis: Redis, scope: Scope
) -> None:
    conversation = handed_off(store)
    headers = header(redis, CLINIC, scope)
    for path in ("", f"/{conversation}"):
        refused(client.get(PATH + path, headers=headers), 403, "scope-missing")
    refused(reply(client, headers, conversation, "Oi"), 403, "scope-missing")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": ""}, "/text"),
        ({"text": " \n"}, "/text"),
        ({"text": "x" * 4097}, "/text"),
        ({"text": "😀" * 2049}, "/text"),
        ({"text": "a\x00b"}, "/text"),
        ({}, "/text"),
        ({"text": "Oi", "attendant": " "}, "/attendant"),
        ({"text": "Oi", "attendant": "a\nb"}, "/attendant"),
        ({"text": "Oi", "to": "+55"}, "/to"),
    ],
)
def test_a_reply_that_cannot_be_sent_names_its_field(
    client: FlaskClient,
    store: ConversationStore,
    joana: Headers,
    fields: dict[str, str],
    field: str,
) -> None:
    conversation = handed_off(store)
    response = client.post(f"{PATH}/{conversation}/reply", json=fields, headers=joana)
    problem = body(response, 422)
    assert [error["field"] for error in problem["errors"]] == [field]
    assert store.transcript(conversation)[-1].by == "assistant"


def test_the_longest_reply_is_sent_whole(
    client: FlaskClient, store: ConversationStore, joana: Headers
) -> None:
    conversation = handed_off(store)
    text = "ã" * 4094 + "😀"
    body(reply(client, joana, conversation, text), 202)
    assert store.transcript(conversation)[-1].text == text


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b"{}", "content_type": "text/plain"}, 415),
        ({"data": b"[]", "content_type": "application/json"}, 422),
    ],
)
def test_a_body_that_may_be_left_out_is_read_strictly_where_it_is_sent(
    client: FlaskClient,
    store: ConversationStore,
    joana: Headers,
    sent: dict[str, Any],
    status: int,
) -> None:
    path = f"{PATH}/{handed_off(store)}/claim"
    body(client.post(path, **sent, headers=joana), status)
    body(client.post(path, json={}, headers=joana))


def test_the_list_has_pages(client: FlaskClient, store: ConversationStore, joana: Headers) -> None:
    written_ones = []
    for number in range(5):
        written_ones.append(handed_off(store, number=number))
        time.sleep(0.002)  # those of the same millisecond have no order
    for query, expected in (("", written_ones[::-1]), ("&needs_human=true", written_ones)):
        ids: list[str] = []
        after: str | None = ""
        while after is not None:
            page = body(client.get(f"{PATH}?limit=2&after={after}{query}", headers=joana))
            ids += [each["id"] for each in page["conversations"]]
            after = page["next"]
        assert ids == expected


@pytest.fixture(autouse=True)
def _own_channels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATENDE_CHANNELS_DIR", str(tmp_path / "channels"))
