import io
import zipfile
from pathlib import Path

import pytest

from workers.channels.backfill.sources.source import SourceError, head_of
from workers.channels.backfill.sources.whatsapp import chats
from workers.channels.backfill.sources.whatsapp.chats import chats_in, holds_chats, is_chat

TEXT = "19/09/2026 10:00 - Ana: qual o preço?\n19/09/2026 10:05 - Clínica: R$ 20\n"


def zipped(path: Path, files: dict[str, str]) -> Path:
    """A zip of texts by their names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def texts(path: Path) -> dict[str, str]:
    read: dict[str, str] = {}
    for chat in chats_in(path):
        with chat.open() as stream:
            read[chat.name] = stream.read().decode()
    return read


def test_an_ios_zip_is_its_chat_and_media_stay_shut(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "WhatsApp Chat - Ana.zip",
        {"_chat.txt": TEXT, "00000012-PHOTO.jpg": "\xff\xd8", "__MACOSX/._chat.txt": TEXT},
    )
    assert holds_chats(path, head_of(path))
    assert texts(path) == {"WhatsApp Chat - Ana": TEXT}
    assert [chat.contact for chat in chats_in(path)] == ["Ana"]


def test_an_android_zip_is_named_by_its_text_and_a_patient_s_text_file_is_no_chat(
    tmp_path: Path,
) -> None:
    files = {"Conversa do WhatsApp com Ana.txt": TEXT, "remedios.txt": "losartana 50 mg"}
    path = zipped(tmp_path / "chat.zip", files)
    assert texts(path) == {"Conversa do WhatsApp com Ana": TEXT}


def test_a_folder_of_exports_is_all_of_them_by_name(tmp_path: Path) -> None:
    (tmp_path / "Conversa do WhatsApp com Bia.txt").write_text(TEXT)
    zipped(tmp_path / "WhatsApp Chat - Ana.zip", {"_chat.txt": TEXT})
    (tmp_path / "leia-me.txt").write_text("nada")
    (tmp_path / "foto.jpg").write_bytes(b"\xff\xd8")
    (tmp_path / "quebrado.zip").write_bytes(b"PK\x03\x04nada")
    assert holds_chats(tmp_path, b"")
    assert [*texts(tmp_path)] == ["Conversa do WhatsApp com Bia", "WhatsApp Chat - Ana"]


def never() -> io.BufferedReader:
    """A chat's text that nobody may open."""
    raise AssertionError


@pytest.mark.parametrize(
    ("name", "contact"),
    [
        ("Conversa do WhatsApp com Ana Souza", "Ana Souza"),
        ("Conversa do WhatsApp com Ana Souza (1)", "Ana Souza"),
        ("WhatsApp Chat with +55 41 99876-1234", "+55 41 99876-1234"),
        ("WhatsApp Chat - Ana", "Ana"),
        ("_chat", ""),
        ("perguntas", ""),
    ],
)
def test_a_file_s_name_says_with_whom_a_chat_is(name: str, contact: str) -> None:
    assert chats.Chat(name, never).contact == contact


def test_what_is_no_chat_is_not_taken_for_one(tmp_path: Path) -> None:
    for head in (
        b"",
        b"id;pergunta;data\n1;oi;19/09/2026 10:00\n",
        b"From ana@x Sat\n",
        b"\xff\xfe",
    ):
        assert not is_chat(head)
    assert is_chat(TEXT.encode("utf-16"))
    assert is_chat(b"Exportado em 20/09/2026\n\n" + TEXT.encode())
    workbook = zipped(tmp_path / "a.xlsx", {"xl/workbook.xml": "<x/>"})
    assert not holds_chats(workbook, head_of(workbook))
    assert not holds_chats(tmp_path, b"")


def test_a_bomb_is_read_no_further_than_a_chat_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "_FREE_BYTES", 1 << 20)
    path = zipped(tmp_path / "a.zip", {"_chat.txt": TEXT + "a" * (8 << 20)})
    (chat,) = chats_in(path)
    with chat.open() as stream:
        pieces = iter(lambda: len(stream.read(65_536)), 0)
        sizes: list[int] = []
        with pytest.raises(SourceError, match="far larger than a chat's can be"):
            sizes.extend(pieces)
    assert 0 < len(sizes) <= (1 << 20) // 65_536 + 1


def test_a_list_of_a_million_files_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chats, "_MOST_LIST", 10_000)
    path = zipped(tmp_path / "a.zip", {f"{n}.txt": "x" for n in range(500)})
    with pytest.raises(SourceError, match="more files than an exported chat has"):
        chats_in(path)


def test_a_zip_of_many_chats_is_all_of_them_or_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = zipped(tmp_path / "a.zip", {f"WhatsApp Chat - {n}.txt": TEXT for n in range(70)})
    assert len(chats_in(path)) == 70
    monkeypatch.setattr(chats, "_MOST_TEXTS", 69)
    with pytest.raises(SourceError, match="a folder with the texts"):
        chats_in(path)


def test_a_password_is_said(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"_chat.txt": TEXT})
    content = bytearray(path.read_bytes())
    for sign, flag in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(sign) + flag] |= 1
    path.write_bytes(content)
    with pytest.raises(SourceError, match="locked with a password"):
        chats_in(path)
    assert not holds_chats(path, head_of(path))


@pytest.mark.parametrize("cut", [10, 60, 120, -10])
def test_a_zip_that_is_cut_off_or_damaged_is_said(tmp_path: Path, cut: int) -> None:
    path = zipped(tmp_path / "a.zip", {"_chat.txt": TEXT * 50})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(SourceError, match="damaged"):
        texts(path)


def test_wrong_bytes_within_a_zip_are_said(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.zip", {"_chat.txt": TEXT * 50})
    content = bytearray(path.read_bytes())
    content[60:70] = bytes(10)
    path.write_bytes(content)
    with pytest.raises(SourceError, match="damaged"):
        texts(path)


def test_a_file_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not let"):
        chats_in(tmp_path / "fehlt.txt")
