"""The round trip to the own webhook."""

import hashlib
import hmac
import json

import httpx
import pytest

from tests.sample_channel import FIELDS, SECRETS, channel
from workers.commands.support import webhook_findings as module
from workers.commands.support.finding import Finding
from workers.commands.support.webhook_findings import Taken, address_finding, webhook_findings

URL = "https://atende.example/v1/channels/whatsapp"


class Webhook:
    """What the API does, with the secrets that it knows."""

    def __init__(self, app_secret: str = SECRETS[1], verify_token: str = SECRETS[2]) -> None:
        self.app_secret = app_secret
        self.verify_token = verify_token
        self.stored: list[bytes] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            known = request.url.params["hub.verify_token"] == self.verify_token
            return httpx.Response(200 if known else 403, text=request.url.params["hub.challenge"])
        body = request.read()
        signature = hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()
        if request.headers["X-Hub-Signature-256"] != f"sha256={signature}":
            return httpx.Response(403)
        self.stored.append(body)
        return httpx.Response(200)


def findings(answer: object, taken: Taken | None = lambda: True) -> dict[str, Finding]:
    transport = httpx.MockTransport(answer)  # type: ignore[arg-type]
    return {each.part: each for each in webhook_findings(channel(), URL, taken, transport)}


def test_a_webhook_that_works_is_all_good() -> None:
    webhook = Webhook()
    result = findings(webhook)
    assert [part for part, finding in result.items() if not finding.good] == []
    assert list(result) == ["handshake", "signature", "intake"]
    (body,) = webhook.stored
    (entry,) = json.loads(body)["entry"]
    assert entry["id"] == FIELDS["business_account_id"]
    assert [change["field"] for change in entry["changes"]] == ["atende_test"]


@pytest.mark.parametrize(
    ("webhook", "parts"),
    [
        (Webhook(app_secret="another"), {"signature"}),
        (Webhook(verify_token="another"), {"handshake"}),
        (lambda _: httpx.Response(200, text="Welcome"), {"handshake", "signature"}),
        (lambda _: httpx.Response(502), {"handshake", "signature"}),
    ],
)
def test_what_does_not_work_says_what_to_do(webhook: object, parts: set[str]) -> None:
    result = findings(webhook)
    assert {part for part, finding in result.items() if not finding.good} == parts
    assert all(result[part].repair for part in parts)


def test_an_address_where_nothing_answers_is_one_finding() -> None:
    def refuse(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    assert list(findings(refuse)) == ["webhook"]


def test_a_post_that_no_worker_takes_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TAKEN_SECONDS", 0.05)
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.01)
    intake = findings(Webhook(), taken=lambda: False)["intake"]
    assert not intake.good
    assert "ATENDE_INTAKE" in intake.repair
    looks = iter([False, True])
    assert findings(Webhook(), taken=lambda: next(looks))["intake"].good


def test_without_the_queue_the_rest_is_checked_all_the_same() -> None:
    intake = findings(Webhook(), taken=None)["intake"]
    assert intake.good
    assert "not seen" in intake.state


def test_no_finding_shows_a_secret() -> None:
    shown = str([findings(Webhook()), findings(Webhook("x", "y"))])
    assert [secret for secret in SECRETS if secret in shown] == []


def test_an_address_that_meta_cannot_call_is_said() -> None:
    assert not address_finding(URL).repair
    assert "ATENDE_PUBLIC_URL" in address_finding("http://127.0.0.1:8080/x").repair
