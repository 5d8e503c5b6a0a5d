from pathlib import Path

from workers.channels.backfill.sources.source import HEAD_BYTES, SourceOptions
from workers.channels.backfill.sources.whatsapp.opening import OPENING

TEXT = "19/09/2026 10:00 - Ana: qual o preço?\n"


def test_a_chat_is_known_by_its_content_and_opened(tmp_path: Path) -> None:
    path = tmp_path / "perguntas.dat"
    path.write_text(TEXT)
    assert OPENING.kind_of(str(path), path.read_bytes()[:HEAD_BYTES]) == "whatsapp"
    assert OPENING.open_as("whatsapp", str(path), SourceOptions()).kind in OPENING.kinds


def test_addresses_and_other_files_are_none(tmp_path: Path) -> None:
    assert OPENING.kind_of("imaps://ana@example.com/INBOX", b"") is None
    assert OPENING.kind_of(str(tmp_path), b"") is None
    assert OPENING.kind_of(str(tmp_path / "a.csv"), b"id;pergunta\n1;oi\n") is None
    assert OPENING.kind_of(str(tmp_path / "fehlt.zip"), b"PK\x03\x04") is None
