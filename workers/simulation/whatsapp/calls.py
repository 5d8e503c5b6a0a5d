"""Calls of the Graph API, as functions of what was asked: who may, and what is replied."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import httpx

from workers.simulation.whatsapp.account import Account, Number, Token
from workers.simulation.whatsapp.exchange import Exchange
from workers.simulation.whatsapp.refusal import Refusal, bad_token, unknown_object

#: Versions that Graph serves, oldest first. One that has ended is served by the oldest.
VERSIONS = ("v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0")
#: The first version that the Cloud API had.
FIRST_VERSION = 13

Json = dict[str, Any]


def version_of(name: str) -> str:
    """The version that serves a call.

    Raises:
        Refusal: there is no such version.
    """
    if name in VERSIONS:
        return name
    major = name.removeprefix("v").removesuffix(".0")
    if major.isdigit() and FIRST_VERSION <= int(major) < int(VERSIONS[0][1:3]):
        return VERSIONS[0]
    raise Refusal(2500, message=f"Unknown path components: /{name}")


def token_of(account: Account, header: str, now: float) -> Token:
    """The token in an `Authorization` header.

    Raises:
        Refusal: there is none, or it opens nothing.
    """
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "bearer" or not value:
        raise Refusal(104, message="An access token is required to request this resource.")
    token = account.token(value.strip())
    if token is None:
        raise bad_token()
    if token.revoked:
        raise bad_token("Error validating access token: The user has not authorized application")
    if token.expires_at and token.expires_at <= now:
        raise bad_token("Error validating access token: Session has expired")
    return token


def check_proof(account: Account, token: Token, proof: str | None) -> None:
    """Refuse a call whose caller claims to know the app's secret and does not.

    `proof`: the HMAC-SHA256 of the token with the secret, as `appsecret_proof` is documented.
    """
    expected = hmac.new(account.app_secret.encode(), token.value.encode(), hashlib.sha256)
    if proof is not None and not hmac.compare_digest(proof, expected.hexdigest()):
        raise Refusal(100, message="Invalid appsecret_proof provided in the API argument")


def require(token: Token, scope: str) -> None:
    """Refuse a token that lacks a scope."""
    if scope not in token.scopes:
        raise Refusal(10, message="(#10) Application does not have permission for this action")


def number_of(account: Account, name: str) -> Number:
    """The number with an id, or the refusal of an unknown object."""
    number = account.number(name)
    if number is None:
        raise unknown_object(name)
    return number


def debug_token(account: Account, value: str, now: float) -> Json:
    """What a token may do."""
    try:
        token = token_of(account, f"Bearer {value}", now)
    except Refusal as refusal:
        error = {"code": refusal.code, "message": refusal.message, "subcode": refusal.subcode}
        return {"data": {"is_valid": False, "error": error, "scopes": []}}
    data = {
        "app_id": account.app_id,
        "type": "SYSTEM_USER",
        "application": "Atende",
        "expires_at": int(token.expires_at),
        "is_valid": True,
        "scopes": list(token.scopes),
        "granular_scopes": [{"scope": scope, "target_ids": [account.id]} for scope in token.scopes],
    }
    return {"data": data}


def number_fields(account: Account, number: Number) -> Json:
    """All fields of a number."""
    can_send = "BLOCKED" if account.refused_with or not number.registered else "AVAILABLE"
    return {
        "id": number.id,
        "verified_name": number.name,
        "display_phone_number": number.phone,
        "quality_rating": number.quality,
        "status": number.status,
        "throughput": {"level": "STANDARD"},
        "platform_type": "CLOUD_API",
        "account_mode": "LIVE",
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "messaging_limit_tier": "TIER_1K",
        "health_status": {
            "can_send_message": can_send,
            "entities": [
                {"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": can_send}
            ],
        },
    }


#: What is given where no fields are asked for.
NUMBER_DEFAULTS = "id,verified_name,display_phone_number,quality_rating"


def account_fields(account: Account) -> Json:
    """All fields of the account."""
    state = "RESTRICTED" if account.refused_with else "APPROVED"
    return {
        "id": account.id,
        "name": account.numbers[0].name,
        "account_review_status": state,
        "currency": "BRL",
        "timezone_id": "1",
        "message_template_namespace": "00000000_0000_0000_0000_000000000000",
        "health_status": {"can_send_message": "BLOCKED" if account.refused_with else "AVAILABLE"},
    }


def chosen(fields: Mapping[str, Any], asked: str, kind: str) -> Json:
    """The fields that were asked for, and the id.

    Raises:
        Refusal: there is no such field.
    """
    names = [name.strip() for name in asked.split(",") if name.strip()]
    unknown = next((name for name in names if name not in fields), None)
    if unknown is not None:
        raise Refusal(
            100,
            message=f"(#100) Tried accessing nonexisting field ({unknown}) on node type ({kind})",
        )
    return {name: fields[name] for name in ["id", *names]}


def subscribed_apps(account: Account) -> Json:
    """The apps that get the account's webhooks."""
    app = {
        "id": account.app_id,
        "name": "Atende",
        "link": f"https://www.facebook.com/games/?app_id={account.app_id}",
    }
    return {"data": [{"whatsapp_business_api_data": app}] if account.subscribed else []}


def subscribe(exchange: Exchange, body: Mapping[str, Any]) -> Json:
    """Subscribe the app; with `override_callback_uri`, after the handshake with that address.

    Raises:
        Refusal: the address did not give the challenge back.
    """
    url = body.get("override_callback_uri")
    if url:
        handshake(str(url), str(body.get("verify_token", "")))
        exchange.courier.url = str(url)
    exchange.account.subscribed = True
    return {"success": True}


def handshake(url: str, verify_token: str) -> None:
    """Ask an address whether it knows the verify token.

    Raises:
        Refusal: it is not reached, or does not give the challenge back as plain text.
    """
    challenge = "1158201444"
    query = {
        "hub.mode": "subscribe",
        "hub.challenge": challenge,
        "hub.verify_token": verify_token,
    }
    try:
        reply = httpx.get(url, params=query, timeout=10.0)
    except httpx.HTTPError as error:
        raise Refusal(
            2200, message=f"(#2200) Callback verification failed: {type(error).__name__}"
        ) from error
    if reply.status_code != httpx.codes.OK or reply.text != challenge:
        raise Refusal(
            2200,
            message=f"(#2200) Callback verification failed: HTTP Status Code = "
            f"{reply.status_code}; the challenge did not come back",
        )


def templates(account: Account) -> Json:
    """The account's templates."""
    return {
        "data": [
            {
                "name": one.name,
                "language": one.language,
                "status": one.status,
                "category": one.category,
                "components": [{"type": "BODY", "text": one.body}],
            }
            for one in account.templates
        ]
    }


def phone_numbers(account: Account) -> Json:
    """The account's numbers."""
    names = NUMBER_DEFAULTS + ",status,throughput"
    return {
        "data": [
            chosen(number_fields(account, number), names, "WhatsAppBusinessPhoneNumber")
            for number in account.numbers
        ]
    }
