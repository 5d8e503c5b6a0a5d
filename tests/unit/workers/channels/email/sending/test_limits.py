import pytest

from tests.sample_letter import channel
from workers.channels.email.sending.limits import fingerprint

OAUTH = {"token_url": "https://login.example/token", "client_id": "a", "client_secret": "b"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"password": "um"}, {"password": "dois"}),
        ({"password": "um"}, {"oauth": OAUTH}),
        ({"oauth": OAUTH}, {"oauth": OAUTH | {"client_secret": "c"}}),
        ({"password": "um"}, {"password": "um", "user": "outra@clinica.example"}),
        ({"password": "um"}, {"password": "um", "smtp_host": "smtp.example"}),
    ],
)
def test_a_changed_log_in_has_another_fingerprint(
    one: dict[str, object], other: dict[str, object]
) -> None:
    assert fingerprint(channel(**one)) != fingerprint(channel(**other))
    assert fingerprint(channel(**one)) == fingerprint(channel(**one))


def test_a_fingerprint_gives_nothing_away() -> None:
    assert "segredo" not in fingerprint(channel(password="segredo"))
