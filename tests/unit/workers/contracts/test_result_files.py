"""Files of results: kills, full disks, others' files, and the order at the end."""

import csv
import errno
import json
import os
import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from workers.contracts.backfill import BackfillRow, RowResult, RowStatus
from workers.contracts.result_files import ResultFile, ResultFileError, ResultForm, form_of
from workers.contracts.result_lines import head_of, line_of

FORMS: tuple[ResultForm, ...] = ("csv", "ndjson", "openai")
Pair = tuple[BackfillRow, RowResult]


def pair(row: int, number: int, text: str = 'Sim.\nTraga o "pedido"; obrigado') -> Pair:
    asked = BackfillRow(key=str(row), id=str(row), question="Posso?", columns={"Setor": "A"})
    status = RowStatus.ANSWERED
    result = RowResult(row=row, number=number, status=status, text=text, ended_at=1.0)
    return asked, result


def path_of(folder: Path, form: ResultForm) -> Path:
    return folder / ("out.csv" if form == "csv" else "out.jsonl")


def rows_in(path: Path, form: ResultForm) -> list[tuple[int, str]]:
    """Row and text of each line."""
    if form == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, delimiter=";")
            return [(int(line["numero"]) - 1, line["resposta"]) for line in table]
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    if form == "ndjson":
        return [(line["row"], line["text"]) for line in lines]
    return [
        (int(line["custom_id"]), line["response"]["body"]["choices"][0]["message"]["content"])
        for line in lines
    ]


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def opened_after(path: Path, form: ResultForm) -> int:
    """After which number an opened file is to be filled."""
    with ResultFile(path, form, "b1") as file:
        return file.open()


@contextmanager
def little_room(size: int) -> Iterator[None]:
    """No file grows beyond `size` bytes: the system takes a part, then refuses."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("form", FORMS)
def test_results_are_added_as_they_come_and_sorted_by_row_at_the_end(
    tmp_path: Path, form: ResultForm
) -> None:
    path = path_of(tmp_path, form)
    file = ResultFile(path, form, "b1")
    assert file.open() == 0
    assert file.append([pair(2, 1), pair(0, 2)]) == 2
    assert file.append([pair(1, 3)]) == 1
    assert [row for row, _ in rows_in(path, form)] == [2, 0, 1]
    assert file.order() == 3
    assert [row for row, _ in rows_in(path, form)] == [0, 1, 2]
    assert names_in(tmp_path) == [path.name]


@pytest.mark.parametrize("form", FORMS)
def test_a_torn_last_line_does_not_count_wherever_it_was_torn(
    tmp_path: Path, form: ResultForm
) -> None:
    path = path_of(tmp_path, form)
    file = ResultFile(path, form, "b1")
    file.open()
    file.append([pair(0, 1)])
    file.append([pair(1, 2)])
    file.close()
    whole = path.read_bytes()
    first = whole.index(b"\n", whole.index(b"Sim.")) if form != "csv" else None
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        file = ResultFile(path, form, "b1")
        after = file.open()
        assert after in {0, 1}
        if first and size > first:
            assert after == 1
        assert file.append([pair(0, 1), pair(1, 2)]) == 2 - after
        file.close()
        assert path.read_bytes() == whole


@pytest.mark.parametrize("form", FORMS)
def test_what_a_file_has_already_is_not_written_again(tmp_path: Path, form: ResultForm) -> None:
    path = path_of(tmp_path, form)
    file = ResultFile(path, form, "b1")
    file.open()
    file.append([pair(0, 1), pair(1, 2), pair(3, 4)])
    file.close()
    file = ResultFile(path, form, "b1")
    assert file.open() == 2  # the third is missing: reading goes on after the second
    assert file.append([pair(2, 3), pair(3, 4)]) == 1
    assert file.order() == 4


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_was_sorted_goes_on(tmp_path: Path, form: ResultForm) -> None:
    path = path_of(tmp_path, form)
    file = ResultFile(path, form, "b1")
    file.open()
    file.append([pair(1, 1), pair(0, 2)])
    file.order()
    assert file.open() == 2
    assert file.append([pair(2, 3)]) == 1
    assert file.order() == 3


@pytest.mark.parametrize("form", FORMS)
def test_of_a_row_that_was_asked_again_the_last_result_alone_remains(
    tmp_path: Path, form: ResultForm
) -> None:
    path = path_of(tmp_path, form)
    file = ResultFile(path, form, "b1")
    file.open()
    file.append([pair(0, 1, "alt"), pair(1, 2, "b")])
    file.append([pair(0, 3, "novo")])
    assert file.order() == 2
    assert rows_in(path, form) == [(0, "novo"), (1, "b")]


@pytest.mark.parametrize("form", FORMS)
def test_a_file_of_another_backfill_is_left_as_it_is(tmp_path: Path, form: ResultForm) -> None:
    path = path_of(tmp_path, form)
    file = ResultFile(path, form, "b1")
    file.open()
    file.append([pair(0, 1)])
    file.close()
    before = path.read_bytes()
    with pytest.raises(ResultFileError, match="not a file of this backfill"):
        ResultFile(path, form, "b2").open()
    assert path.read_bytes() == before


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("content", ["pergunta;resposta\na;b\n", "{}\n", "Notas\n", "\0" * 99])
def test_a_file_of_something_else_is_left_as_it_is(
    tmp_path: Path, form: ResultForm, content: str
) -> None:
    path = path_of(tmp_path, form)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ResultFileError, match="Rename it"):
        ResultFile(path, form, "b1").open()
    assert path.read_text(encoding="utf-8") == content


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_somebody_edited_is_left_as_it_is(tmp_path: Path, form: ResultForm) -> None:
    path = path_of(tmp_path, form)
    file = ResultFile(path, form, "b1")
    file.open()
    file.append([pair(0, 1)])
    file.close()
    before = path.read_bytes() + b"uma nota minha\n"
    path.write_bytes(before)
    with pytest.raises(ResultFileError, match="was changed since"):
        ResultFile(path, form, "b1").open()
    assert path.read_bytes() == before


@pytest.mark.parametrize("form", FORMS)
def test_a_full_disk_is_told_and_leaves_whole_lines(tmp_path: Path, form: ResultForm) -> None:
    path = path_of(tmp_path, form)
    file = ResultFile(path, form, "b1")
    file.open()
    file.append([pair(0, 1)])
    size = path.stat().st_size
    with little_room(size + 20), pytest.raises(ResultFileError, match="no room left"):
        file.append([pair(1, 2)])
    assert path.stat().st_size == size
    assert file.open() == 1
    assert file.append([pair(1, 2)]) == 1
    assert file.order() == 2


@pytest.mark.parametrize("form", FORMS)
def test_a_disk_without_room_for_a_second_copy_leaves_the_file_unsorted(
    tmp_path: Path, form: ResultForm
) -> None:
    path = path_of(tmp_path, form)
    file = ResultFile(path, form, "b1")
    file.open()
    file.append([pair(1, 1), pair(0, 2)])
    before = path.read_bytes()
    with little_room(len(before) - 1), pytest.raises(ResultFileError, match="no room left"):
        file.order()
    assert path.read_bytes() == before
    assert names_in(tmp_path) == [path.name]
    assert opened_after(path, form) == 2


def test_the_system_s_other_errors_are_told_too(tmp_path: Path) -> None:
    with pytest.raises(ResultFileError, match=os.strerror(errno.EISDIR)):
        ResultFile(tmp_path, "csv", "b1").open()


def test_two_commands_never_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    file = ResultFile(path, "csv", "b1")
    file.open()
    with pytest.raises(ResultFileError, match="Another command"):
        ResultFile(path, "csv", "b1").open()
    file.close()
    assert opened_after(path, "csv") == 0


def test_what_patients_wrote_is_nobody_else_s_to_read(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    file = ResultFile(path, "csv", "b1")
    file.open()
    file.append([pair(0, 1)])
    file.order()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_one(tmp_path: Path) -> None:
    path, link = tmp_path / "out.csv", tmp_path / "hoje.csv"
    link.symlink_to(path)
    file = ResultFile(link, "csv", "b1")
    file.open()
    file.append([pair(0, 1)])
    file.order()
    assert link.is_symlink()
    assert rows_in(path, "csv")[0][0] == 0


def test_what_a_killed_sorting_left_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / ".out.csv.part").write_text("meio")
    opened_after(tmp_path / "out.csv", "csv")
    assert names_in(tmp_path) == ["out.csv"]


WRITER = """
import sys
from pathlib import Path
from workers.contracts.backfill import BackfillRow, RowResult
from workers.contracts.result_files import ResultFile
file = ResultFile(Path(sys.argv[1]), sys.argv[2], "b1")
file.open()
for number in range(1, 100_000):
    asked = BackfillRow(key="k", id=str(number - 1), question="Posso?\\nOu \\"não\\"?")
    result = RowResult(row=number - 1, number=number, status="answered", text="a", ended_at=1.0)
    file.append([(asked, result)])
    print(number, flush=True)
"""


@pytest.mark.parametrize("form", FORMS)
def test_a_writer_that_is_killed_has_lost_nothing_that_it_told(
    tmp_path: Path, form: ResultForm
) -> None:
    path = path_of(tmp_path, form)
    command = [sys.executable, "-c", WRITER, str(path), form]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        told = [int(writer.stdout.readline()) for _ in range(20)]
        writer.kill()
        told += [int(line) for line in writer.stdout.read().split()]
    assert opened_after(path, form) >= told[-1]


def test_the_ending_of_the_name_says_the_form() -> None:
    assert form_of(Path("a.CSV")) == "csv"
    assert form_of(Path("a.csv"), "openai") == "csv"
    assert form_of(Path("a.jsonl")) == "ndjson"
    assert form_of(Path("a.jsonl"), "openai") == "openai"
    with pytest.raises(ResultFileError, match=r"\.csv"):
        form_of(Path("a.xlsx"))


def test_a_file_without_results_is_empty_and_goes_on(tmp_path: Path) -> None:
    file = ResultFile(tmp_path / "out.csv", "csv", "b1")
    file.open()
    assert file.order() == 0
    assert opened_after(tmp_path / "out.csv", "csv") == 0


def test_the_api_s_file_goes_on_as_the_command_s(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    asked, result = pair(0, 1)
    columns = tuple(asked.columns)
    path.write_bytes(head_of("csv", columns) + line_of("csv", "b1", asked, result, columns))
    file = ResultFile(path, "csv", "b1")
    assert file.open() == 1
    file.append([pair(1, 2)])
    file.close()
    with path.open(encoding="utf-8-sig", newline="") as opened:
        assert [line["Setor"] for line in csv.DictReader(opened, delimiter=";")] == ["A", "A"]
