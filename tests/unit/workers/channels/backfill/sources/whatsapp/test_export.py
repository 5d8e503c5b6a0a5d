"""Exports of each telephone's form, and what they are read into."""

import json
import zipfile
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workers.channels.backfill.sources.checking import ZONE
from workers.channels.backfill.sources.source import LeftOut, SourceError, SourceOptions
from workers.channels.backfill.sources.whatsapp.export import WhatsAppExport
from workers.contracts.backfill import BackfillRow

SAMPLES: Final = Path(__file__).parents[6] / "whatsapp_exports"
EXAMPLE: Final = Path(__file__).parents[7] / "examples" / "backfill" / "whatsapp"
FIRST: Final = SAMPLES / "01-android.txt"


def rows_of(export: WhatsAppExport) -> list[BackfillRow]:
    return [item for item in export.rows() if isinstance(item, BackfillRow)]


def shown(row: BackfillRow, expected: dict[str, Any]) -> dict[str, Any]:
    """What an expectation speaks of."""
    assert row.asked_at is not None
    asked_at = datetime.fromtimestamp(row.asked_at, ZONE).replace(tzinfo=None)
    known = {
        "at": asked_at.isoformat(),
        "question": row.question,
        "later_answer": row.later_answer,
        "context": len(row.context),
        "name": row.columns["nome"],
    }
    return {name: value for name, value in known.items() if name in expected}


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.txt")), ids=lambda path: path.stem)
def test_each_sample_is_read_as_a_person_reads_it(sample: Path) -> None:
    expected = json.loads(sample.with_suffix(".json").read_text())
    export = WhatsAppExport(sample, SourceOptions())
    items = [*export.rows()]
    rows = [item for item in items if isinstance(item, BackfillRow)]
    guesses = {guess.what: guess.value for guess in export.guesses()}
    assert guesses["clínica"] == (", ".join(expected["clinic"]) or "ninguém")
    assert guesses["data"] == expected["order"]
    assert [shown(*each) for each in zip(rows, expected["rows"], strict=True)] == expected["rows"]
    assert Counter(item.reason for item in items if isinstance(item, LeftOut)) == Counter(
        expected["left_out"]
    )


def test_the_example_s_chats_are_read() -> None:
    export = WhatsAppExport(EXAMPLE, SourceOptions())
    rows = rows_of(export)
    assert export.guesses()[0].value == "Clínica Vila Serena"
    assert len(rows) >= 20
    assert sum(not row.later_answer for row in rows) == 1
    assert len({row.columns["conversa"] for row in rows}) == 3


def test_there_are_samples_of_all_forms() -> None:
    assert len([*SAMPLES.glob("*.txt")]) >= 25


def test_a_zip_is_read_as_its_text(tmp_path: Path) -> None:
    path = tmp_path / "WhatsApp Chat - Maria Souza.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("00000001-PHOTO.jpg", b"\xff\xd8")
        archive.write(FIRST, "_chat.txt")
    zipped, text = (WhatsAppExport(each, SourceOptions()) for each in (path, FIRST))
    assert [*zipped.rows()] == [*text.rows()]
    assert zipped.guesses() == text.guesses()


def test_a_folder_s_chats_say_whose_each_row_is(tmp_path: Path) -> None:
    text = "19/09/2026 10:00 - {0}: qual o preço?\n19/09/2026 10:05 - Rita: R$ 20\n"
    for name in ("Ana", "Bia"):
        file = tmp_path / f"Conversa do WhatsApp com {name}.txt"
        file.write_text(text.format(name))
    export = WhatsAppExport(tmp_path, SourceOptions())
    rows = rows_of(export)
    assert [(row.columns["nome"], row.later_answer) for row in rows] == [
        ("Ana", "R$ 20"),
        ("Bia", "R$ 20"),
    ]
    assert rows[0].columns["conversa"] == "Conversa do WhatsApp com Ana"
    assert len({row.key for row in rows}) == len(rows)


def test_what_the_user_says_is_no_guess(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("05/09/2026 10:00 - Ana: qual o preço?\n05/09/2026 10:05 - Rita: R$ 20\n")
    export = WhatsAppExport(path, SourceOptions(clinic=("ana",), date_order="mdy"))
    (row,) = rows_of(export)
    assert export.guesses() == ()
    assert row.columns["nome"] == "Rita"
    assert row.asked_at == datetime(2026, 5, 9, 10, 5, tzinfo=ZONE).timestamp()


def test_the_same_question_twice_in_a_minute_is_two_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    turn = "05/09/2026 10:00 - Ana: qual o preço?\n05/09/2026 10:00 - Clínica: R$ 20\n"
    path.write_text(turn + turn)
    first, second = rows_of(WhatsAppExport(path, SourceOptions()))
    assert second.key == f"{first.key}#2"


def test_a_source_has_one_name_and_no_patient_in_it(tmp_path: Path) -> None:
    path = tmp_path / "Conversa do WhatsApp com Maria.txt"
    path.write_text(FIRST.read_text())
    names = {WhatsAppExport(path, SourceOptions()).name for _ in range(2)}
    assert len(names) == 1
    assert "Maria" not in names.pop()


def test_rows_are_read_anew_each_time() -> None:
    export = WhatsAppExport(FIRST, SourceOptions(since=date(2020, 1, 1)))
    assert [*export.rows()] == [*export.rows()]


def test_what_is_no_chat_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("nada\n")
    with pytest.raises(SourceError, match=r"no chat.*Nothing was read.*Export chat"):
        WhatsAppExport(path, SourceOptions())
    with pytest.raises(SourceError, match="no encoding 'utf-9'"):
        WhatsAppExport(FIRST, SourceOptions(encoding="utf-9"))


def test_a_file_that_goes_away_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(FIRST.read_text())
    export = WhatsAppExport(path, SourceOptions())
    path.unlink()
    with pytest.raises(SourceError, match="Rows that were read before are kept"):
        rows_of(export)


heads = st.sampled_from([
    "19/09/2026 10:00 - ", "[19/09/2026, 10:00:00] ", "9/19/26, 9:05\u202fPM - ", "",
    "12/05/1980 - ", "31/02/2026 10:00 - ", "\u200e[19/09/26, 10:00:00] ", "99/99/9999 99:99 - ",
])  # fmt: skip
names = st.sampled_from(["Ana: ", "Clínica: ", "~\u202fBia: ", ": ", "", "Ana saiu", "Ana:"])
any_lines = st.lists(st.tuples(heads, names, st.text(max_size=30)).map("".join), max_size=30)


@given(st.one_of(any_lines.map("\n".join).map(lambda text: text.encode("utf-8", "replace")),
                 st.binary(max_size=300)))  # fmt: skip
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_text_whatever_is_in_it_ends_the_reading(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"19/09/2026 09:59 - Eva: primeira\n" + content)
    export = WhatsAppExport(path, SourceOptions())
    rows = rows_of(export)
    assert len({row.key for row in rows}) == len(rows)
    assert export.guesses()
