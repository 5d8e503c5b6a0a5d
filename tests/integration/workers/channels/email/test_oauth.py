"""Access tokens from an endpoint over TLS."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from tests.token_endpoint import TokenEndpoint, token_endpoint
from workers.channels.email.oauth import (
    TokenAwayError,
    TokenError,
    TokenRefusedError,
    Tokens,
    xoauth2,
)
from workers.contracts.email_channel import MailOAuth

pytestmark = pytest.mark.integration


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[TokenEndpoint]:
    with token_endpoint(tmp_path) as endpoint:
        yield endpoint


def application(url: str, **fields: str) -> MailOAuth:
    secrets = {"client_secret": "the-client-secret"} | fields
    return MailOAuth.model_validate(
        {"token_url": url, "client_id": "atende", "scope": "https://mail.example/.default"}
        | secrets
    )


def test_an_application_asks_in_its_own_name(endpoint: TokenEndpoint) -> None:
    token = Tokens().token(application(endpoint.url), endpoint.ca_file)

    assert token.access == SecretStr("token-1")
    assert endpoint.asked == [
        {
            "grant_type": "client_credentials",
            "client_id": "atende",
            "client_secret": "the-client-secret",
            "scope": "https://mail.example/.default",
        }
    ]


def test_a_persons_consent_is_turned_into_tokens(endpoint: TokenEndpoint) -> None:
    oauth = application(endpoint.url, refresh_token="consent-of-a-person")

    assert Tokens().token(oauth, endpoint.ca_file).access == SecretStr("token-1")
    assert endpoint.asked[0]["grant_type"] == "refresh_token"
    assert endpoint.asked[0]["refresh_token"] == "consent-of-a-person"


def test_a_token_is_used_until_shortly_before_its_end(endpoint: TokenEndpoint) -> None:
    now = 1_000_000.0
    tokens = Tokens(clock=lambda: now)
    oauth = application(endpoint.url)

    first = tokens.token(oauth, endpoint.ca_file)
    now += 3600 - 121
    assert tokens.token(oauth, endpoint.ca_file) is first
    now += 2
    assert tokens.token(oauth, endpoint.ca_file).access == SecretStr("token-2")
    assert len(endpoint.asked) == 2


def test_a_forgotten_token_is_fetched_anew(endpoint: TokenEndpoint) -> None:
    tokens, oauth = Tokens(), application(endpoint.url)
    tokens.token(oauth, endpoint.ca_file)

    tokens.forget(oauth)

    assert tokens.token(oauth, endpoint.ca_file).access == SecretStr("token-2")


@pytest.mark.parametrize("lifetime", [60, "60", 30])
def test_a_token_that_lives_shortly_is_not_fetched_each_time(
    endpoint: TokenEndpoint, lifetime: object
) -> None:
    endpoint.replies = [(200, {"access_token": "brief", "expires_in": lifetime})]
    tokens, oauth = Tokens(), application(endpoint.url)

    assert tokens.token(oauth, endpoint.ca_file) is tokens.token(oauth, endpoint.ca_file)


def test_one_without_an_end_is_used_for_a_while(endpoint: TokenEndpoint) -> None:
    endpoint.replies = [(200, {"access_token": "endless"})]

    token = Tokens(clock=lambda: 0.0).token(application(endpoint.url), endpoint.ca_file)

    assert token.ends_at == 480.0


@pytest.mark.parametrize("code", ["invalid_client", "invalid_grant", "unauthorized_client"])
def test_a_refused_registration_is_to_be_repaired(endpoint: TokenEndpoint, code: str) -> None:
    endpoint.replies = [(400, {"error": code, "error_description": "recepcao@clinica.example"})]

    with pytest.raises(TokenRefusedError, match=code) as refusal:
        Tokens().token(application(endpoint.url), endpoint.ca_file)

    assert "recepcao@" not in refusal.value.words
    assert "the-client-secret" not in refusal.value.words


@pytest.mark.parametrize(
    "reply",
    [
        (503, "Service Unavailable"),
        (429, "<html>slow down</html>"),
        (200, "<html>a captive portal</html>"),
        (200, ["no object"]),
        (200, {}),
        (200, {"access_token": ""}),
        (200, {"access_token": 7}),
        (400, {"error": "temporarily_unavailable"}),
        (400, {"error": ["odd"]}),
        (200, {"access_token": "x", "expires_in": "soon"}),
    ],
)
def test_whatever_else_comes_is_asked_again(
    endpoint: TokenEndpoint, reply: tuple[int, object]
) -> None:
    endpoint.replies = [reply]
    tokens, oauth = Tokens(), application(endpoint.url)

    try:
        assert tokens.token(oauth, endpoint.ca_file).access == SecretStr("x")
    except TokenError as error:
        if not isinstance(error, TokenAwayError):
            raise
        assert tokens.token(oauth, endpoint.ca_file).access == SecretStr("token-1")


def test_an_endpoint_that_nobody_vouches_for_gets_no_secret(endpoint: TokenEndpoint) -> None:
    with pytest.raises(TokenAwayError):
        Tokens().token(application(endpoint.url))

    assert endpoint.asked == []


def test_an_endpoint_that_is_gone_is_asked_again() -> None:
    with pytest.raises(TokenAwayError):
        Tokens().token(application("https://localhost:1/token"))


def test_the_words_of_xoauth2_are_those_of_its_specification() -> None:
    assert xoauth2("someuser@example.com", SecretStr("ya29.vF9dft4")) == (
        b"user=someuser@example.com\x01auth=Bearer ya29.vF9dft4\x01\x01"
    )
