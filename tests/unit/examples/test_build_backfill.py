import csv
import subprocess
import sys
import zipfile
from pathlib import Path

from examples.build_backfill import EXAMPLES

FOLDER = EXAMPLES / "backfill"


def test_a_rebuild_gives_the_committed_tables(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "examples.build_backfill", "--output", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, cwd=EXAMPLES.parent)
    built = tmp_path / "backfill"
    assert (built / "perguntas.csv").read_bytes() == (FOLDER / "perguntas.csv").read_bytes()
    assert _members(built / "atendimentos.xlsx") == _members(FOLDER / "atendimentos.xlsx")


def test_the_table_is_as_an_old_excel_in_brazil_writes_it() -> None:
    text = (FOLDER / "perguntas.csv").read_bytes().decode("cp1252")
    rows = list(csv.DictReader(text.splitlines(keepends=True), delimiter=";"))
    assert len(rows) == 22
    assert rows[4]["Resposta da recepção"] == ""
    assert "\n" in rows[8]["Mensagem"]


def _members(path: Path) -> list[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        return [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
