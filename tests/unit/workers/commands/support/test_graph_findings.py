"""What the doctor makes of Meta's answers, whatever they are."""

from typing import Any

import httpx
import pytest

from tests.sample_channel import FIELDS, SECRETS, channel
from workers.commands.support.finding import Finding
from workers.commands.support.graph import Graph
from workers.commands.support.graph_findings import graph_findings

NOW = 1_795_000_000.0  # November 2026
TOKEN = {
    "app_id": "138483919580948",
    "type": "SYSTEM_USER",
    "is_valid": True,
    "expires_at": 0,
    "scopes": ["whatsapp_business_management", "whatsapp_business_messaging"],
}
NUMBER = {
    "display_phone_number": "+55 41 3333-4444",
    "verified_name": "Clínica Aurora",
    "status": "CONNECTED",
    "quality_rating": "GREEN",
    "throughput": {"level": "STANDARD"},
}
APPS = {"data": [{"whatsapp_business_api_data": {"id": "138483919580948", "name": "Aurora"}}]}
Answer = dict[str, Any] | Exception | httpx.Response


def refusal(code: int) -> httpx.Response:
    """What Meta says of a token, quoting it."""
    words = f"Malformed access token {SECRETS[0]}"
    return httpx.Response(400, json={"error": {"message": words, "code": code}})


def findings(**answers: Answer) -> dict[str, Finding]:
    """What is found where Graph gives these answers."""
    by_path: dict[str, Answer] = {
        "/v25.0/debug_token": {"data": TOKEN},
        f"/v25.0/{FIELDS['phone_number_id']}": NUMBER,
        f"/v25.0/{FIELDS['business_account_id']}/subscribed_apps": APPS,
    }
    names = dict(zip(("token", "number", "apps"), by_path, strict=True))
    proof = answers.pop("proof", {"id": "1"})
    by_path |= {names[name]: answer for name, answer in answers.items()}

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == f"Bearer {SECRETS[0]}"
        proven = "appsecret_proof" in request.url.params
        content = proof if proven else by_path[request.url.path]
        if isinstance(content, Exception):
            raise content
        return content if isinstance(content, httpx.Response) else httpx.Response(200, json=content)

    with Graph(channel(), httpx.MockTransport(answer)) as graph:
        return {finding.part: finding for finding in graph_findings(channel(), graph, NOW)}


def bad(**answers: Answer) -> set[str]:
    return {part for part, finding in findings(**answers).items() if not finding.good}


def test_a_channel_that_works_is_all_good_and_says_what_it_may_send() -> None:
    result = findings()
    assert [part for part, finding in result.items() if not finding.good or finding.repair] == []
    assert result["throughput"].state == "80 messages/s"
    assert "never expires" in result["token"].state


@pytest.mark.parametrize(
    ("answers", "parts"),
    [
        ({"token": {"data": TOKEN | {"is_valid": False}}}, {"token"}),
        ({"token": {"data": TOKEN | {"scopes": ["email"]}}}, {"token"}),
        ({"token": {"data": TOKEN | {"expires_at": NOW + 3600}}}, {"token"}),
        ({"number": NUMBER | {"status": "BANNED"}}, {"number's status"}),
        ({"number": NUMBER | {"quality_rating": "RED"}}, {"number's quality"}),
        ({"number": NUMBER | {"display_phone_number": "+55 41 9999-9999"}}, {"number"}),
        ({"number": refusal(100)}, {"number"}),
        ({"proof": refusal(100)}, {"app secret"}),
        ({"apps": {"data": []}}, {"webhooks"}),
        (
            {"apps": {"data": [{"whatsapp_business_api_data": {"id": "9", "name": "Old"}}]}},
            {"webhooks"},
        ),
        ({"apps": refusal(200)}, {"webhooks"}),
        ({"token": refusal(190)}, {"token"}),
        ({"token": httpx.ConnectError("refused")}, {"token"}),
        ({"token": httpx.Response(502, text="<html>")}, {"token"}),
    ],
)
def test_each_fault_is_found_alone_and_says_what_to_do(
    answers: dict[str, Answer], parts: set[str]
) -> None:
    result = findings(**answers)
    assert {part for part, finding in result.items() if not finding.good} == parts
    assert all(result[part].repair for part in parts)


def test_a_token_that_may_not_be_inspected_is_tried_all_the_same() -> None:
    result = findings(token=refusal(100))
    assert result["token"].good
    assert "not inspected" in result["token"].state
    assert result["number's status"].good


def test_a_token_that_ends_soon_is_said_before_it_does() -> None:
    soon = findings(token={"data": TOKEN | {"expires_at": NOW + 10 * 86400}})["token"]
    assert soon.good
    assert "atende channels token recepcao" in soon.repair


@pytest.mark.parametrize(
    "answer",
    [{}, {"data": None}, {"data": [None]}, {"error": "x"}, httpx.Response(200, text="[]")],
)
@pytest.mark.parametrize("name", ["token", "number", "apps"])
def test_an_answer_of_another_shape_breaks_nothing(name: str, answer: Answer) -> None:
    assert findings(**{name: answer})


@pytest.mark.parametrize("code", [0, 3, 4, 33, 100, 190, 200, 368, 999999])
def test_what_meta_says_of_a_token_is_never_repeated_since_it_quotes_it(code: int) -> None:
    for name in ("token", "number", "apps"):
        shown = str(findings(**{name: refusal(code)}))
        assert [secret for secret in SECRETS if secret in shown] == []
        assert str(code) in shown
