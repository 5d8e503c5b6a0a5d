"""A mailbox as it is typed: what the providers need."""

from pathlib import Path
from typing import Any

import pytest
import trustme

from workers.commands.support.errors import CommandError
from workers.commands.support.new_channel import validated
from workers.commands.support.new_mailbox import EmailOptions, Provider
from workers.contracts.channel_files import with_secrets
from workers.contracts.email_channel import EmailChannel


def options(**given: Any) -> EmailOptions:  # noqa: ANN401 - any option
    return EmailOptions(address="recepcao@clinica.example", clinic="Clínica Aurora", **given)


def channel(typed: EmailOptions) -> EmailChannel:
    """What would be kept, with secrets that nobody knows."""
    fields = typed.fields() | {"name": "correio", "tenant": "clinica"}
    texts = dict.fromkeys(typed.secrets("correio"), "x")
    return validated(EmailChannel, with_secrets(EmailChannel, fields, texts))


def test_a_mailbox_at_microsoft_is_opened_by_the_app_s_own_secret() -> None:
    kept = channel(options(provider="microsoft", client_id="app", directory="dir-1"))
    assert kept.oauth is not None
    assert kept.oauth.token_url.endswith("microsoftonline.com/dir-1/oauth2/v2.0/token")
    assert kept.oauth.scope == "https://outlook.office365.com/.default"
    assert kept.oauth.client_secret is not None
    assert kept.oauth.refresh_token is None
    assert (kept.imap_host, kept.smtp_host) == ("outlook.office365.com", "smtp.office365.com")
    assert (kept.smtp_port, kept.smtp_security) == (587, "starttls")
    assert (kept.sent_copy, kept.envelope) == (False, "address")


def test_a_mailbox_at_google_is_opened_by_an_app_password_or_by_consent() -> None:
    by_password = channel(options(provider="google"))
    assert by_password.password is not None
    assert by_password.imap_host == "imap.gmail.com"
    assert by_password.authserv_id == "mx.google.com"
    by_consent = channel(options(provider="google", client_id="app"))
    assert by_consent.password is None
    assert by_consent.oauth is not None
    assert by_consent.oauth.refresh_token is not None


def test_what_is_typed_wins_over_what_is_known_of_a_provider() -> None:
    kept = channel(options(provider="google", smtp_host="relay.example", envelope="null"))
    assert (kept.smtp_host, kept.envelope) == ("relay.example", "null")


def test_an_own_server_needs_but_its_names_and_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    kept = channel(
        options(
            imap_host="imap.clinica.example",
            smtp_host="smtp.clinica.example",
            folder=("INBOX", "Não lidos"),
            own_address=("sac@clinica.example",),
            form=("site@clinica.example",),
            forward_to="equipe@clinica.example",
            ca_file=Path("ca.pem"),
        )
    )
    assert kept.folders == ("INBOX", "Não lidos")
    assert kept.addresses == {"recepcao@clinica.example", "sac@clinica.example"}
    assert kept.forms == ("site@clinica.example",)
    assert (kept.handoff, kept.forward_to) == ("forward", "equipe@clinica.example")
    assert kept.ca_file == tmp_path / "ca.pem"


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_certificates_that_cannot_be_used_are_refused_before_anything_is_kept(
    content: str | None, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(CommandError, match=r"ca\.pem cannot be read, or holds no certificate"):
        options(smtp_host="smtp.clinica.example", ca_file=file).fields()


def test_a_relay_that_needs_no_log_in_is_asked_for_none() -> None:
    typed = options(smtp_host="localhost", without_password=True)
    assert typed.secrets("correio") == ()
    assert channel(typed).password is None


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"provider": "microsoft"}, "--client-id"),
        ({"provider": "microsoft", "client_id": "app"}, "--directory"),
        ({"client_id": "app", "smtp_host": "smtp.clinica.example"}, "--token-url"),
        ({}, "smtp-host: is needed"),
        ({"smtp_host": "smtp.x.example", "imap_host": "http://x"}, "imap-host: is no server's"),
        ({"smtp_host": "smtp.x.example", "mode": "draft"}, "drafts lie in the mailbox"),
    ],
)
def test_what_lacks_is_said_with_its_option(given: dict[str, object], complaint: str) -> None:
    with pytest.raises(CommandError, match=complaint) as error:
        channel(options(**given))
    assert "Nothing was changed" in str(error.value)


@pytest.mark.parametrize("provider", [None, "microsoft"])
def test_a_refresh_token_of_the_environment_is_used(
    provider: Provider | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = options(provider=provider, client_id="app", directory="d")
    assert typed.secrets("correio") == ("client_secret",)
    monkeypatch.setenv("ATENDE_CHANNEL_CORREIO_REFRESH_TOKEN", "r")
    assert typed.secrets("correio") == ("client_secret", "refresh_token")
