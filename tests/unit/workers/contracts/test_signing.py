"""The secrets that sign callbacks."""

import pytest
from standardwebhooks import Webhook

from workers.contracts.errors import SecretMissingError
from workers.contracts.signing import callback_secret


def test_a_tenant_s_secret_is_its_own_and_stays() -> None:
    first = callback_secret("master", "a")
    assert first == callback_secret("master", "a")
    assert first != callback_secret("master", "b")
    assert first != callback_secret("other", "a")
    Webhook(first)


def test_there_is_no_secret_without_a_master() -> None:
    with pytest.raises(SecretMissingError, match="ATENDE_SECRET"):
        callback_secret("", "a")
