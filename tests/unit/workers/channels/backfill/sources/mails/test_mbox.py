import tracemalloc
from pathlib import Path

import pytest

from tests.unit.workers.channels.backfill.sources.mails.boxes import mail
from workers.channels.backfill.sources.mails.held_mail import MOST_HELD
from workers.channels.backfill.sources.mails.mbox import Mbox
from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.backfill.sources.source import SourceError

LINE = b"From 1523378246251037@xxx Sat Sep 12 21:19:03 +0000 2026\n"
#: The moment in it.
MOMENT = 1_789_247_943.0


def mbox(path: Path, *contents: bytes) -> Mbox:
    """A file of these mails."""
    path.write_bytes(b"".join(LINE + content + b"\n" for content in contents))
    return Mbox(path)


def test_mails_come_in_the_file_s_order_and_are_there_again(tmp_path: Path) -> None:
    box = mbox(tmp_path / "e-mails.mbox", mail("um"), mail("dois"))
    first, second = box.mails()
    assert (first.raw, second.raw) == (mail("um") + b"\n", mail("dois") + b"\n")
    assert box.fetch(second.ref) == second.raw
    assert first.received_at == MOMENT
    assert [held.ref for held in box.heads()] == [first.ref, second.ref]


@pytest.mark.parametrize(
    "line",
    [
        b"From - Sat Sep 12 21:19:03 2026\n",
        b"From ana@paciente.example Sat Sep 12 21:19:03 2026\r\n",
        b"From ana@paciente.example Sat, 12 Sep 2026 21:19:03 +0000\n",
    ],
)
def test_the_moment_stands_in_the_line_above(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "caixa").write_bytes(line + mail())
    (held,) = Mbox(tmp_path / "caixa").mails()
    assert held.received_at == MOMENT


@pytest.mark.parametrize(
    ("headers", "use"),
    [
        ({"X_Gmail_Labels": "Caixa de entrada,Aberto"}, Use.ORDINARY),
        ({"X_Gmail_Labels": "Spam"}, Use.SPAM),
        ({"X_Gmail_Labels": "=?UTF-8?Q?N=C3=A3o_lida,Enviados?="}, Use.SENT),
        ({"X_Mozilla_Status": "0009"}, Use.TRASH),
        ({"X_Mozilla_Status": "0001"}, Use.ORDINARY),
        ({"X_Mozilla_Status": "?"}, Use.ORDINARY),
    ],
)
def test_labels_and_marks_say_what_a_mail_is(
    tmp_path: Path, headers: dict[str, str], use: Use
) -> None:
    (held,) = mbox(tmp_path / "caixa.mbox", mail(**headers)).mails()  # type: ignore[arg-type]
    assert held.use is use


def test_words_like_labels_in_a_body_are_none(tmp_path: Path) -> None:
    (held,) = mbox(tmp_path / "caixa.mbox", mail("X-Gmail-Labels: Spam")).mails()
    assert held.use is Use.ORDINARY


def test_a_file_is_called_as_its_folder(tmp_path: Path) -> None:
    (held,) = mbox(tmp_path / "Sent", mail()).mails()
    assert held.use is Use.SENT


def test_quoted_lines_of_a_body_are_as_they_were_written(tmp_path: Path) -> None:
    (held,) = mbox(tmp_path / "caixa.mbox", mail("Oi\n>From hoje em diante")).mails()
    assert held.raw is not None
    assert b"\nFrom hoje em diante" in held.raw


def test_of_a_huge_mail_its_beginning_is_held(tmp_path: Path) -> None:
    path = tmp_path / "caixa.mbox"
    with path.open("wb") as file:
        file.write(LINE + mail("começo"))
        for _ in range(40):
            file.write(b"A" * 1_000_000)  # no line end in it
        file.write(b"\n" + LINE + mail("depois"))
    tracemalloc.start()
    try:
        first, second = Mbox(path).mails()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert first.raw is not None
    assert len(first.raw) == MOST_HELD
    assert second.raw == mail("depois")
    assert peak < 8_000_000


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    box = mbox(tmp_path / "caixa", mail())
    (tmp_path / "caixa").unlink()
    with pytest.raises(SourceError, match="are kept"):
        list(box.mails())


def test_two_files_of_one_name_are_two_backfills(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    first, second = (mbox(tmp_path / folder / "caixa", mail()) for folder in ("a", "b"))
    assert first.name != second.name
    assert first.name == Mbox(tmp_path / "a" / "caixa").name
