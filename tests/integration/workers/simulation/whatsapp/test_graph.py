"""The strict Graph API, called as a sender calls Meta's."""

import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from workers.simulation.whatsapp.account import Template, Token
from workers.simulation.whatsapp.chat import State
from workers.simulation.whatsapp.faults import Fault, Way
from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.phone import Phone

if TYPE_CHECKING:
    from tests.integration.workers.simulation.whatsapp.conftest import Caller

pytestmark = pytest.mark.integration


def error(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code >= 400
    content: dict[str, Any] = response.json()["error"]
    assert {"message", "type", "code", "fbtrace_id"} <= content.keys()
    return content


def statuses(graph: StrictGraph) -> list[dict[str, Any]]:
    values = [
        change["value"]
        for post in graph.courier.posts
        for entry in post.json["entry"]
        for change in entry["changes"]
    ]
    return [item | {"value": value} for value in values for item in value.get("statuses", [])]


# -- addresses ----------------------------------------------------------------------------------


def test_a_text_reaches_the_phone_and_is_billed(caller: "Caller", ana: Phone) -> None:
    reply = caller.text(ana, "Abrimos às 8 h.").json()
    assert reply["contacts"] == [{"input": "+5541999990000", "wa_id": "5541999990000"}]
    inbox = caller.graph.inbox(ana)
    assert inbox.answers == ["Abrimos às 8 h."]
    assert inbox.bubbles[-1].id == reply["messages"][0]["id"]
    assert inbox.billed == 1


def test_one_without_a_number_is_reached_by_user_id_alone(
    caller: "Caller", graph: StrictGraph
) -> None:
    bia = graph.patient("Bia", username="bia.s")
    bia.writes("Oi")
    reply = caller.text(bia, to=None, recipient=bia.patient.user_id).json()
    assert reply["contacts"] == [{"input": bia.patient.user_id, "user_id": bia.patient.user_id}]
    assert bia.inbox().answers == ["Olá"]


def test_of_two_addresses_the_number_wins(caller: "Caller", graph: StrictGraph, ana: Phone) -> None:
    bia = graph.patient("Bia", username="bia.s")
    bia.writes("Oi")
    caller.text(ana, recipient=bia.patient.user_id)
    assert (ana.inbox().answers, bia.inbox().answers) == (["Olá"], [])


def test_a_number_without_plus_gets_the_clinic_s_country_before_it(
    caller: "Caller", ana: Phone
) -> None:
    caller.text(ana, to="5541999990000")  # becomes 55 55 41 …, which nobody has
    assert ana.inbox().answers == []
    assert statuses(caller.graph)[-1]["errors"][0]["code"] == 131026
    caller.text(ana, to="41999990000")
    assert ana.inbox().answers == ["Olá"]


def test_the_ninth_digit_is_added_by_whatsapp_itself(caller: "Caller", graph: StrictGraph) -> None:
    caio = graph.patient("Caio", "+554188887777")
    caio.writes("Oi")
    reply = caller.text(caio, to="+5541988887777").json()
    assert reply["contacts"] == [{"input": "+5541988887777", "wa_id": "554188887777"}]
    assert caio.inbox().answers == ["Olá"]


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ({"to": "ana"}, 100),
        ({"to": None, "recipient": "BR.ã"}, 100),
        ({"to": None, "recipient": "+5541999990000"}, 100),
        ({"to": "+554130000000"}, 131021),
    ],
)
def test_an_address_of_no_form_is_refused(
    caller: "Caller", ana: Phone, address: dict[str, Any], code: int
) -> None:
    assert error(caller.text(ana, **address))["code"] == code


@pytest.mark.parametrize("address", [{"to": "+5541911112222"}, {"to": None, "recipient": "BR.77"}])
def test_an_address_that_nobody_has_fails_later(
    caller: "Caller", ana: Phone, address: dict[str, Any]
) -> None:
    assert caller.text(ana, **address).status_code == 200
    (status,) = statuses(caller.graph)
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131026)
    assert "contacts" not in status["value"]
    assert status.get("recipient_user_id") == address.get("recipient")
    assert ("recipient_id" in status) == bool(address["to"])


# -- who may ------------------------------------------------------------------------------------


def test_tokens_and_ids_that_open_nothing(caller: "Caller", ana: Phone) -> None:
    graph = caller.graph
    assert error(caller.post({}, name="1"))["error_subcode"] == 33
    assert caller.text(ana).status_code == 200
    graph.revoke_token()
    refused = caller.text(ana)
    assert (refused.status_code, error(refused)["code"]) == (401, 190)
    graph.restore_token()
    assert caller.text(ana).status_code == 200
    graph.account.tokens[0].expires_at = graph.clock.now() + 3600
    graph.clock.advance(hours=2)
    assert error(caller.text(ana))["error_subcode"] == 463
    graph.account.tokens.insert(0, Token(scopes=("whatsapp_business_management",)))
    assert error(caller.text(ana))["code"] == 10


def test_a_call_without_a_token_or_with_an_unknown_version(caller: "Caller", ana: Phone) -> None:
    url = f"{caller.graph.url}/v25.0/{caller.graph.number.id}/messages"
    assert error(httpx.post(url, json={}))["code"] == 104
    caller.version = "v99.0"
    assert error(caller.text(ana))["code"] == 2500
    caller.version = "v19.0"
    assert caller.text(ana).headers["facebook-api-version"] == "v21.0"


@pytest.mark.parametrize(
    ("code", "status"), [(131042, 400), (368, 403), (131031, 403), (130497, 403)]
)
def test_a_restricted_account_refuses_everything_until_it_is_well(
    caller: "Caller", ana: Phone, code: int, status: int
) -> None:
    caller.graph.account.refused_with = code
    refused = caller.text(ana)
    assert (error(refused)["code"], refused.status_code) == (code, status)
    caller.graph.account.refused_with = None
    assert caller.text(ana).status_code == 200
    caller.graph.number.registered = False
    assert error(caller.text(ana))["code"] == 133010


# -- window, limits, templates --------------------------------------------------------------------


def test_the_window_closes_after_24_hours_and_a_call_opens_it(caller: "Caller", ana: Phone) -> None:
    caller.graph.clock.advance(hours=23, minutes=59)
    assert caller.text(ana).status_code == 200
    caller.graph.clock.advance(minutes=2)
    assert caller.text(ana, "tarde demais").status_code == 200
    failed = statuses(caller.graph)[-1]
    assert (failed["status"], failed["errors"][0]["code"]) == ("failed", 131047)
    assert failed["errors"][0]["title"] == "Re-engagement message"
    ana.calls()
    caller.text(ana, "de novo")
    assert ana.inbox().answers == ["Olá", "de novo"]
    assert ana.inbox().billed == 2


def test_a_closed_window_may_also_be_the_reply(caller: "Caller", graph: StrictGraph) -> None:
    graph.server.late_errors = False
    stranger = graph.patient("Davi", "+5541977776666")
    assert error(caller.text(stranger))["code"] == 131047


def test_a_patient_who_blocked_the_clinic_gets_nothing(caller: "Caller", ana: Phone) -> None:
    ana.patient.blocks = True
    caller.text(ana)
    assert statuses(caller.graph)[-1]["errors"][0]["code"] == 131026
    assert ana.inbox().answers == []


def test_46_messages_to_one_patient_are_one_too_many(caller: "Caller", ana: Phone) -> None:
    caller.graph.number.limits.per_second = 1000
    replies = [caller.text(ana, str(place)) for place in range(46)]
    assert [reply.status_code for reply in replies[:45]] == [200] * 45
    assert error(replies[45])["code"] == 131056
    caller.graph.clock.advance(seconds=6)
    assert caller.text(ana).status_code == 200


def test_a_number_s_throughput_counts_both_ways(caller: "Caller", ana: Phone) -> None:
    caller.graph.number.limits.per_second = 2
    caller.graph.clock.advance(seconds=5)
    ana.writes("Oi?")
    assert caller.text(ana).status_code == 200
    assert error(caller.text(ana))["code"] == 130429


def test_templates_are_checked_and_open_no_window(caller: "Caller", graph: StrictGraph) -> None:
    graph.add_template(Template("resposta", "Olá {{1}}, temos a sua resposta."))
    davi = graph.patient("Davi", "+5541977776666")

    def use(*values: str, name: str = "resposta", language: str = "pt_BR") -> httpx.Response:
        parameters = [{"type": "text", "text": value} for value in values]
        template = {
            "name": name,
            "language": {"code": language},
            "components": [{"type": "body", "parameters": parameters}],
        }
        return caller.text(davi, type="template", template=template, text=None)

    assert use("Davi").json()["messages"][0]["message_status"] == "accepted"
    assert davi.inbox().answers == ["Olá Davi, temos a sua resposta."]
    assert statuses(graph)[-1]["pricing"]["category"] == "utility"
    assert error(use())["code"] == 132000
    assert error(use("Davi", name="outra"))["code"] == 132001
    assert error(use("Davi", language="en_US"))["code"] == 132001
    assert error(use("a\nb"))["code"] == 132018
    for state, code in (("PAUSED", 132015), ("DISABLED", 132016), ("REJECTED", 132001)):
        graph.account.templates[0].status = state
        assert error(use("Davi"))["code"] == code
    graph.account.templates[0].status = "APPROVED"
    graph.account.templates[0].category = "AUTHENTICATION"
    assert error(caller.text(
        davi, to=None, recipient=davi.patient.user_id, type="template", text=None,
        template={"name": "resposta", "language": {"code": "pt_BR"},
                  "components": [{"type": "body", "parameters": [{"type": "text", "text": "1"}]}]},
    ))["code"] == 131062  # fmt: skip
    caller.text(davi, "sem janela")
    assert statuses(graph)[-1]["errors"][0]["code"] == 131047


# -- statuses -----------------------------------------------------------------------------------


def test_statuses_come_as_meta_sends_them(caller: "Caller", ana: Phone) -> None:
    caller.text(ana, biz_opaque_callback_data="q1")
    ana.reads()
    sent, delivered, read = statuses(caller.graph)
    assert [one["status"] for one in (sent, delivered, read)] == ["sent", "delivered", "read"]
    for one in (sent, delivered, read):
        assert one["biz_opaque_callback_data"] == "q1"
        assert one["recipient_user_id"] == ana.patient.user_id
        assert one["value"]["contacts"][0]["user_id"] == ana.patient.user_id
    assert delivered["pricing"] == {
        "billable": False,
        "pricing_model": "PMP",
        "type": "free_customer_service",
        "category": "service",
    }
    assert "pricing" not in read


def test_the_month_s_free_messages_end(caller: "Caller", ana: Phone) -> None:
    caller.graph.account.free_messages = 1
    caller.text(ana)
    caller.text(ana)
    delivered = [one for one in statuses(caller.graph) if one["status"] == "delivered"]
    assert [one["pricing"]["billable"] for one in delivered] == [False, True]
    caller.graph.clock.advance(hours=24 * 31)
    ana.writes("Oi")
    caller.text(ana)
    assert not statuses(caller.graph)[-1]["pricing"]["billable"]


def test_a_phone_that_is_off_gets_its_messages_later(caller: "Caller", ana: Phone) -> None:
    ana.patient.online = False
    caller.text(ana)
    assert [one["status"] for one in statuses(caller.graph)] == ["sent"]
    assert (ana.inbox().answers, ana.inbox().billed) == ([], 0)
    ana.comes_online()
    assert statuses(caller.graph)[-1]["status"] == "delivered"
    assert (ana.inbox().answers, ana.inbox().billed) == (["Olá"], 1)


def test_a_quoted_reply_must_quote_a_message_of_the_chat(
    caller: "Caller", graph: StrictGraph, ana: Phone
) -> None:
    question = ana.writes("Abre sábado?")
    caller.text(ana, context={"message_id": question})
    assert ana.inbox().bubbles[-1].replies_to == question
    assert error(caller.text(ana, context={"message_id": "wamid.1"}))["code"] == 131009
    other = graph.patient("Bia", "+5541966665555").writes("Oi")
    assert error(caller.text(ana, context={"message_id": other}))["code"] == 131009


def test_a_typing_mark_reads_and_lasts_25_seconds_or_until_the_answer(
    caller: "Caller", ana: Phone
) -> None:
    question = ana.writes("Abre sábado?")
    mark = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": question,
        "typing_indicator": {"type": "text"},
    }
    assert caller.post(mark).json() == {"success": True}
    assert ana.inbox().typing
    assert {bubble.state for bubble in ana.inbox().bubbles} == {State.READ}
    caller.graph.clock.advance(seconds=26)
    assert not ana.inbox().typing
    caller.post(mark)
    caller.text(ana)
    assert not ana.inbox().typing
    assert error(caller.post(mark | {"message_id": "wamid.1"}))["code"] == 131009


def test_buttons_can_be_tapped(caller: "Caller", ana: Phone) -> None:
    action = {"buttons": [{"type": "reply", "reply": {"id": "sim", "title": "Sim"}}]}
    content = {"type": "button", "body": {"text": "Mais algo?"}, "action": action}
    caller.text(ana, type="interactive", text=None, interactive=content)
    ana.taps("Sim")
    item = caller.graph.courier.posts[-1].json["entry"][0]["changes"][0]["value"]["messages"][0]
    assert item["interactive"]["button_reply"] == {"id": "sim", "title": "Sim"}
    with pytest.raises(LookupError):
        ana.taps("Não")


# -- faults -------------------------------------------------------------------------------------


def test_the_next_calls_fail_as_ordered(caller: "Caller", ana: Phone) -> None:
    graph = caller.graph
    graph.fail_next(2, code=131000)
    assert [error(caller.text(ana))["code"] for _ in range(2)] == [131000, 131000]
    graph.fail_next(http=503)
    bare = caller.text(ana)
    assert (bare.status_code, bare.headers["content-type"]) == (503, "text/html")
    assert ana.inbox().answers == []
    graph.fail_next(code=131049, failed_status=True)
    assert caller.text(ana).status_code == 200
    assert statuses(graph)[-1]["errors"][0]["code"] == 131049
    assert caller.text(ana).status_code == 200
    assert ana.inbox().answers == ["Olá"]


@pytest.mark.parametrize("accepts", [True, False])
def test_a_call_without_a_reply_may_have_been_taken(
    caller: "Caller", ana: Phone, *, accepts: bool
) -> None:
    caller.graph.silence_next(accepts=accepts)
    caller.client.timeout = httpx.Timeout(0.3)
    with pytest.raises(httpx.ReadTimeout):
        caller.text(ana)
    caller.graph.close_next(accepts=accepts)
    with pytest.raises(httpx.RemoteProtocolError):
        caller.text(ana)
    assert len(ana.inbox().answers) == (2 if accepts else 0)
    assert caller.graph.server.messages == (2 if accepts else 0)


def test_a_reply_may_be_late(caller: "Caller", ana: Phone) -> None:
    caller.graph.delay_next(0.3)
    started = time.monotonic()
    assert caller.text(ana).status_code == 200
    assert time.monotonic() - started >= 0.3


def test_the_typing_mark_fails_apart_from_messages(caller: "Caller", ana: Phone) -> None:
    caller.graph.faults.order(Fault(Way.REFUSE, 131000, on="typing"))
    assert caller.text(ana).status_code == 200
    mark = {"messaging_product": "whatsapp", "status": "read", "message_id": ana.writes("Oi")}
    assert error(caller.post(mark))["code"] == 131000
    assert caller.post(mark).status_code == 200


# -- what a doctor asks -------------------------------------------------------------------------


def test_the_account_says_how_it_is(caller: "Caller") -> None:
    graph = caller.graph
    data = caller.get("debug_token", input_token=graph.token).json()["data"]
    assert data["is_valid"]
    assert "whatsapp_business_messaging" in data["scopes"]
    wrong = caller.get("debug_token", input_token="EAAx").json()["data"]
    assert (wrong["is_valid"], wrong["error"]["code"]) == (False, 190)
    number = caller.get(graph.number.id, fields="status,quality_rating,throughput").json()
    assert number == {
        "id": graph.number.id,
        "status": "CONNECTED",
        "quality_rating": "GREEN",
        "throughput": {"level": "STANDARD"},
    }
    assert error(caller.get(graph.number.id, fields="colour"))["code"] == 100
    assert error(caller.get("123", fields="status"))["error_subcode"] == 33
    waba = graph.account.id
    (listed,) = caller.get(f"{waba}/phone_numbers").json()["data"]
    assert listed["id"] == graph.number.id
    assert caller.get(waba).json() == {"id": waba, "name": "Clínica Exemplo"}
    graph.account.refused_with = 131042
    health = caller.get(graph.number.id, fields="health_status").json()["health_status"]
    assert health["can_send_message"] == "BLOCKED"


def test_an_account_that_is_not_subscribed_sends_no_webhooks(caller: "Caller", ana: Phone) -> None:
    graph = caller.graph
    path = f"{graph.account.id}/subscribed_apps"
    apps = caller.get(path).json()["data"]
    assert apps[0]["whatsapp_business_api_data"]["id"] == graph.account.app_id
    url = f"{graph.url}/v25.0/{path}"
    assert caller.client.delete(url, headers=caller.headers).json() == {"success": True}
    assert caller.get(path).json() == {"data": []}
    posts = len(graph.courier.posts)
    ana.writes("Alguém aí?")
    assert len(graph.courier.posts) == posts
    assert caller.client.post(url, headers=caller.headers).json() == {"success": True}
    ana.writes("E agora?")
    assert len(graph.courier.posts) == posts + 1
