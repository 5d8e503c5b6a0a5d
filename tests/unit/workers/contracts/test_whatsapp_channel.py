"""A channel at WhatsApp: what it takes, and that its secrets stay secret."""

import pytest
from pydantic import ValidationError

from tests.sample_channel import FIELDS, SECRETS, channel


def test_neither_repr_nor_json_nor_a_dump_shows_a_secret() -> None:
    shown = [repr(channel()), str(channel()), channel().model_dump_json(), str(channel().__dict__)]
    assert [(text, secret) for text in shown for secret in SECRETS if secret in text] == []


@pytest.mark.parametrize("name", ["token", "app_secret", "verify_token"])
def test_an_error_quotes_no_secret(name: str) -> None:
    with pytest.raises(ValidationError) as error:
        channel(**{name: "two words"})
    assert "two words" not in str(error.value)
    with pytest.raises(ValidationError) as error:
        channel(number="41 3333-4444")
    assert [secret for secret in SECRETS if secret in str(error.value)] == []


def test_the_app_is_known_by_a_hash_and_not_by_its_secret() -> None:
    app = channel().app
    assert len(app) == 12
    assert app not in FIELDS["app_secret"]
    assert app == channel(name="other", token="another").app
    assert app != channel(app_secret="another").app


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Recepção"),
        ("name", "../escape"),
        ("name", "-x"),
        ("name", "x" * 41),
        ("number", "554133334444"),
        ("phone_number_id", "+55"),
        ("hours", "quando der"),
        ("time_zone", "Brasilia"),
        ("time_zone", "../etc/passwd"),
        ("graph_url", "http://graph.facebook.com"),
        ("graph_url", "https://me:pw@graph.facebook.com"),
        ("graph_url", "graph.facebook.com"),
        ("graph_version", "25"),
        ("privacy_url", "javascript:alert(1)"),
        ("token", ""),
        ("quiet_seconds", -1),
        ("pause_hours", float("inf")),
        ("hour", "seg-sex 08:00-18:00"),
        ("language", "es"),
    ],
)
def test_what_would_fail_later_is_refused_at_once(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=field):
        channel(**{field: value})


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000", "http://localhost:9000", "http://graph"])
def test_a_simulator_nearby_may_be_called_without_tls(url: str) -> None:
    assert channel(graph_url=url + "/").graph_url == url


def test_a_secret_that_was_pasted_with_a_line_end_is_trimmed() -> None:
    assert channel(token="EAA\n").token.get_secret_value() == "EAA"
