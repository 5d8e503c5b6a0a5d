from workers.answering.language import Language
from workers.answering.templates import LANGUAGES, Templates

EXAMPLE: dict[Language, str] = {"pt": "Na sala 3.", "en": "In room 3."}


def test_a_prompt_s_own_texts_hold_its_instructions_and_examples() -> None:
    templates = Templates.load()
    for language in LANGUAGES:
        chat, completion = templates.own_texts(language)
        assert "NÃO SEI" in chat or "I DON'T KNOW" in chat
        assert EXAMPLE[language] in completion
