"""The webhooks of the strict Graph API, as they come to a receiver."""

import hashlib
import hmac
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

from workers.simulation.whatsapp.chat import State
from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.phone import Phone

if TYPE_CHECKING:
    from tests.integration.workers.simulation.whatsapp.conftest import Caller, Receiver

pytestmark = pytest.mark.integration


def values(receiver: "Receiver") -> list[dict[str, Any]]:
    return [
        change["value"]
        for body, _ in receiver.posts
        for entry in json.loads(body)["entry"]
        for change in entry["changes"]
    ]


def test_they_are_signed_over_their_bytes(graph: StrictGraph, receiver: "Receiver") -> None:
    graph.patient("Ana", "+5541999990000").writes("Qual é o horário de sábado?")
    assert graph.courier.flush()
    ((body, signature),) = receiver.posts
    digest = hmac.new(graph.account.app_secret.encode(), body, hashlib.sha256).hexdigest()
    assert signature == f"sha256={digest}"
    assert rb"hor\u00e1rio" in body
    value = json.loads(body)["entry"][0]["changes"][0]["value"]
    assert value["metadata"] == {
        "display_phone_number": "554130000000",
        "phone_number_id": graph.number.id,
    }
    assert value["messages"][0]["from"] == value["contacts"][0]["wa_id"] == "5541999990000"


def test_without_a_number_the_fields_are_left_out(graph: StrictGraph, receiver: "Receiver") -> None:
    bia = graph.patient("Bia", username="bia.s")
    bia.writes("Oi")
    nobody = graph.patient(None, "+5541955554444")
    nobody.writes("Oi")
    assert graph.courier.flush()
    first, second = values(receiver)
    user_id = bia.patient.user_id
    assert first["contacts"] == [
        {"profile": {"name": "Bia", "username": "bia.s"}, "user_id": user_id}
    ]
    assert "from" not in first["messages"][0]
    assert first["messages"][0]["from_user_id"] == user_id
    assert "profile" not in second["contacts"][0]


def test_other_replies_than_200_are_tried_again(graph: StrictGraph, receiver: "Receiver") -> None:
    receiver.replies = [500, 204]
    graph.patient("Ana", "+5541999990000").writes("Oi")
    assert graph.courier.flush()
    assert [post.statuses for post in graph.courier.posts] == [[500, 204, 200]]
    assert len({body for body, _ in receiver.posts}) == 1


def test_they_come_batched_twice_and_mixed(graph: StrictGraph, receiver: "Receiver") -> None:
    ana = graph.patient("Ana", "+5541999990000")
    graph.courier.hold()
    sent = {ana.writes(f"pergunta {place}") for place in range(20)}
    graph.courier.release(batch=5, copies=2, shuffle=random.Random(3))  # noqa: S311 - fixed
    assert graph.courier.flush()
    assert len(receiver.posts) == 8
    ids = [value["messages"][0]["id"] for value in values(receiver)]
    assert len(ids) == 40
    assert {*ids} == sent
    assert ids[:20] != sorted(ids[:20], key=ids.index)[::-1]


def test_every_kind_that_a_patient_can_send(graph: StrictGraph, receiver: "Receiver") -> None:
    ana = graph.patient("Ana", "+5541999990000")
    question = ana.writes("Abre sábado?")
    ana.writes("é isso", replies_to=question)
    for kind in ("image", "audio", "video", "document", "sticker"):
        ana.sends(kind)
    ana.sends("image", "meu pedido")
    ana.sends_other("location", {"latitude": -25.4, "longitude": -49.2})
    ana.sends_unsupported()
    ana.sends_unsupported(None, 131060)
    ana.reacts(question, "👍")
    ana.edits(question, "Abre domingo?")
    ana.deletes(question)
    before = ana.patient.user_id
    ana.changes_number("+5541988889999")
    ana.changes_user_id()
    assert graph.courier.flush()
    items = [value["messages"][0] for value in values(receiver)]
    assert [item["type"] for item in items] == [
        *["text", "text", "image", "audio", "video", "document", "sticker", "image"],
        *["location", "unsupported", "unsupported", "reaction", "edit", "revoke"],
        *["system", "system"],
    ]
    assert items[1]["context"] == {"from": "554130000000", "id": question}
    assert items[3]["audio"]["voice"] is True
    assert items[10]["errors"][0]["code"] == 131060
    assert "unsupported" not in items[10]
    assert items[12]["edit"]["message"]["text"] == {"body": "Abre domingo?"}
    moved, renamed = (item["system"] for item in items[-2:])
    assert (moved["type"], moved["previous_user_id"]) == ("user_changed_number", before)
    assert renamed["previous_user_id"] == moved["user_id"]
    assert renamed["user_id"] == ana.patient.user_id
    assert all("contacts" not in value for value in values(receiver)[-2:])
    assert ana.inbox().bubbles[0].deleted


def test_a_person_s_answer_is_an_echo(graph: StrictGraph, receiver: "Receiver") -> None:
    ana = graph.patient("Ana", "+5541999990000")
    ana.writes("Oi")
    ana.gets_from_person("Oi, aqui é a Rita.")
    assert graph.courier.flush()
    change = json.loads(receiver.posts[-1][0])["entry"][0]["changes"][0]
    assert change["field"] == "smb_message_echoes"
    (echo,) = change["value"]["message_echoes"]
    assert (echo["from"], echo["to"]) == ("554130000000", "5541999990000")
    assert echo["to_user_id"] == ana.patient.user_id
    assert [bubble.by for bubble in ana.inbox().bubbles] == ["patient", "person"]
    assert ana.inbox().billed == 0


def test_a_status_may_come_before_the_reply(
    caller: "Caller", receiver: "Receiver", ana: Phone
) -> None:
    caller.graph.server.status_first = True
    wamid = caller.text(ana).json()["messages"][0]["id"]
    told = [one["id"] for value in values(receiver) for one in value.get("statuses", [])]
    assert told == [wamid, wamid]


def test_a_late_message_carries_its_old_time(graph: StrictGraph, receiver: "Receiver") -> None:
    ana = graph.patient("Ana", "+5541999990000")
    ana.writes("Oi", sent_at=1_700_000_000.0)
    assert graph.courier.flush()
    assert values(receiver)[0]["messages"][0]["timestamp"] == "1700000000"


def test_a_message_of_ours_may_be_echoed_and_stands_once_on_the_phone(
    caller: "Caller", receiver: "Receiver", ana: Phone
) -> None:
    wamid = caller.text(ana).json()["messages"][0]["id"]
    ana.gets_from_person("Olá", message_id=wamid)
    assert caller.graph.courier.flush()
    assert values(receiver)[-1]["message_echoes"][0]["id"] == wamid
    assert [bubble.by for bubble in ana.inbox().bubbles] == ["patient", "assistant"]


def test_two_ticks_mean_that_the_webhook_was_taken(
    graph: StrictGraph, receiver: "Receiver"
) -> None:
    ana = graph.patient("Ana", "+5541999990000")
    graph.courier.hold()
    ana.writes("Oi")
    assert [bubble.state for bubble in ana.inbox().bubbles] == [State.SENT]
    graph.courier.release()
    assert graph.courier.flush()
    assert [bubble.state for bubble in ana.inbox().bubbles] == [State.DELIVERED]
    assert len(receiver.posts) == 1
