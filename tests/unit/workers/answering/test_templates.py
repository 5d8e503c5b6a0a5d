from pathlib import Path

import pytest

from workers.answering.errors import TemplateError
from workers.answering.language import Language
from workers.answering.templates import LANGUAGES, MESSAGES, NOTES, Note, Templates

EXAMPLE: dict[Language, str] = {"pt": "Na sala 3.", "en": "In room 3."}


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_a_prompt_s_own_texts_hold_its_instructions_and_examples() -> None:
    templates = Templates.load()
    for language in LANGUAGES:
        chat, completion = templates.own_texts(language)
        assert "NÃO SEI" in chat or "I DON'T KNOW" in chat
        assert EXAMPLE[language] in completion


@pytest.mark.parametrize("note", NOTES)
def test_every_note_says_what_it_is_given_and_a_clinic_s_own_wins(
    tmp_path: Path, note: Note
) -> None:
    write(tmp_path, f"pt/{note}.j2", "Da clínica: {{ " + next(iter(NOTES[note])) + " }}\n")
    own, bundled = Templates.load(tmp_path), Templates.load()
    assert own.note(note, "pt", NOTES[note]).startswith("Da clínica: ")
    for language in LANGUAGES:
        text = bundled.note(note, language, NOTES[note])
        for value in NOTES[note].values():
            if value is not True:  # that is asked, not said
                assert (value if isinstance(value, str) else "Título, página 1") in text


def test_a_note_with_an_unknown_placeholder_is_refused_with_its_place(tmp_path: Path) -> None:
    write(tmp_path, "pt/disclosure.j2", "Olá!\n{{ clinica }}")
    with pytest.raises(TemplateError, match=r"disclosure\.j2, line 2: 'clinica' is undefined"):
        Templates.load(tmp_path)


def test_without_a_privacy_notice_none_is_named() -> None:
    for language in LANGUAGES:
        values = {"clinic": "Clínica Sol", "privacy_url": None}
        text = Templates.load().note("disclosure", language, values)
        assert "rivac" not in text
        assert "None" not in text
        assert "Clínica Sol" in text


def test_no_fixed_text_promises_a_person_at_once() -> None:
    templates = Templates.load()
    hasty = ("já vai", "em instantes", "imediatamente", "right away", "shortly", "in a moment")
    texts = [templates.message(each, language) for each in MESSAGES for language in LANGUAGES]
    assert [text for text in texts if any(word in text for word in hasty)] == []
    assert max(map(len, texts)) < 500
