"""What Meta says of a WhatsApp channel: its token, its number, who gets its webhooks."""

import hashlib
import hmac
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from workers.commands.support.finding import Finding
from workers.commands.support.graph import Graph, GraphFault
from workers.commands.support.graph_versions import version_finding
from workers.contracts.whatsapp_channel import WhatsAppChannel

_SCOPES: Final = ("whatsapp_business_messaging", "whatsapp_business_management")
#: Days before a token's end at which there is time enough to make another.
_TOKEN_DAYS: Final = 14
#: Messages a second, in and out together, by what Meta calls the level.
_RATES: Final = {"STANDARD": "80 messages/s", "HIGH": "1,000 messages/s"}
#: What Graph says to a proof that another secret made, where the same call went well without it.
_BAD_PROOF: Final = 100
_NUMBER_FIELDS: Final = "display_phone_number,verified_name,status,quality_rating,throughput"


def graph_findings(channel: WhatsAppChannel, graph: Graph, now: float) -> Iterator[Finding]:
    """Ask Graph about a channel; what fails stops no other check. `now`: Unix seconds."""
    yield version_finding(channel.graph_version, datetime.fromtimestamp(now, UTC).date())
    details = graph.get("/debug_token", {"input_token": channel.token.get_secret_value()})
    token = details if isinstance(details, GraphFault) else _object(details.get("data"))
    yield _token(token, channel, now)
    if isinstance(token, GraphFault) and (token.of_token or token.code is None):
        return  # the same would be said of everything
    path = f"/{channel.phone_number_id}"
    number = graph.get(path, {"fields": _NUMBER_FIELDS})
    yield from _number(number, channel)
    if not isinstance(number, GraphFault):
        proof = {"fields": "id", "appsecret_proof": _proof(channel)}
        yield _app_secret(graph.get(path, proof), channel)
    app = None if isinstance(token, GraphFault) else token.get("app_id")
    yield _subscription(graph.get(f"/{channel.business_account_id}/subscribed_apps"), app)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _token(token: dict[str, Any] | GraphFault, channel: WhatsAppChannel, now: float) -> Finding:
    part, another = "token", f"Make another, then type: atende channels token {channel.name}"
    if isinstance(token, GraphFault):
        if token.of_token or token.code is None:
            return Finding(part, good=False, state=token.state, repair=token.repair)
        return Finding(part, good=True, state=f"not inspected: {token.state}", repair=token.repair)
    if token.get("is_valid") is not True:
        return Finding(part, good=False, state="not valid: expired or revoked", repair=another)
    lacking = [scope for scope in _SCOPES if scope not in (token.get("scopes") or ())]
    if lacking:
        repair = f"Make a token with {' and '.join(_SCOPES)}, then: atende channels token"
        state = f"it lacks {', '.join(lacking)}"
        return Finding(part, good=False, state=state, repair=f"{repair} {channel.name}")
    return _lifetime(part, token.get("expires_at") or 0, now, another)


def _lifetime(part: str, expires_at: object, now: float, repair: str) -> Finding:
    if not isinstance(expires_at, int | float) or expires_at <= 0:
        return Finding(part, good=True, state="valid, never expires; it has both scopes")
    days = (expires_at - now) / 86400
    state = f"valid until {datetime.fromtimestamp(expires_at, UTC):%Y-%m-%d}"
    if days > _TOKEN_DAYS:
        advice = "A system user's token can be made never to expire."
        return Finding(part, good=True, state=state, repair=advice)
    return Finding(part, good=days > 1, state=f"{state}: {days:.0f} days", repair=repair)


def _number(number: dict[str, Any] | GraphFault, channel: WhatsAppChannel) -> Iterator[Finding]:
    if isinstance(number, GraphFault):
        yield Finding("number", good=False, state=number.state, repair=number.repair)
        return
    shown = str(number.get("display_phone_number") or "")
    if _digits(shown) != _digits(channel.number):
        yield Finding(
            "number",
            good=False,
            state=f"Meta has {shown or 'none'} at this phone number id, the file {channel.number}",
            repair="Correct `phone_number_id` or `number` in the channel's file.",
        )
    status = str(number.get("status") or "UNKNOWN")
    yield Finding(
        "number's status",
        good=status == "CONNECTED",
        state=f"{status}, {number.get('verified_name') or 'no name'}",
        repair=""
        if status == "CONNECTED"
        else "Open it in Meta's WhatsApp Manager, Phone numbers.",
    )
    quality = str(number.get("quality_rating") or "UNKNOWN")
    yield Finding(
        "number's quality",
        good=quality != "RED",
        state=quality,
        repair="Patients block or report it: see Meta's WhatsApp Manager, Insights."
        if quality in {"RED", "YELLOW"}
        else "",
    )
    level = str(_object(number.get("throughput")).get("level") or "UNKNOWN")
    yield Finding("throughput", good=True, state=_RATES.get(level, level))


def _proof(channel: WhatsAppChannel) -> str:
    """What shows Meta that the app's secret is known, without telling it."""
    token, secret = channel.token.get_secret_value(), channel.app_secret.get_secret_value()
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _app_secret(reply: dict[str, Any] | GraphFault, channel: WhatsAppChannel) -> Finding:
    part = "app secret"
    if not isinstance(reply, GraphFault):
        return Finding(part, good=True, state="that of the token's app")
    if reply.code != _BAD_PROOF:
        return Finding(part, good=True, state=f"not tried: {reply.state}", repair=reply.repair)
    return Finding(
        part,
        good=False,
        state="not that of the token's app: what Meta signs would be refused",
        repair="Copy it from the app that made the token (App settings, Basic) into `app_secret` "
        f"of {channel.name}.json.",
    )


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)


def _subscription(apps: dict[str, Any] | GraphFault, app: object) -> Finding:
    part = "webhooks"
    if isinstance(apps, GraphFault):
        return Finding(part, good=False, state=apps.state, repair=apps.repair)
    listed = [
        _object(_object(entry).get("whatsapp_business_api_data"))
        for entry in apps.get("data") or ()
    ]
    names = ", ".join(str(entry.get("name") or entry.get("id")) for entry in listed)
    repair = (
        "At Meta open the app, WhatsApp, Configuration, and subscribe this account to `messages`; "
        "or POST to /subscribed_apps of the account with the token."
    )
    if not listed:
        state = "no app is subscribed to the account: no message arrives"
        return Finding(part, good=False, state=state, repair=repair)
    if app is not None and str(app) not in {str(entry.get("id")) for entry in listed}:
        state = f"the token's app is not subscribed, only {names}"
        return Finding(part, good=False, state=state, repair=repair)
    return Finding(part, good=True, state=f"the account's go to {names}")
