"""A number at WhatsApp as it is typed."""

from pathlib import Path

import pytest

from workers.commands.support.new_number import verify_token


def test_a_verify_token_is_made_up_unless_one_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = verify_token("recepcao", None)
    assert made_up
    assert made_up != verify_token("recepcao", None)
    file = tmp_path / "token"
    file.write_text("from a file\n")
    assert verify_token("recepcao", file) == "from a file"
    monkeypatch.setenv("ATENDE_CHANNEL_RECEPCAO_VERIFY_TOKEN", "from-the-environment")
    assert verify_token("recepcao", None) is None
