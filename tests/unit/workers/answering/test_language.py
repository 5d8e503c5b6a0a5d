import pytest

from workers.answering.language import Language, language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("qual o preparo pra colonoscopia", "pt"),
        ("voces aceitam unimed", "pt"),
        ("posso tomar água antes do exame?", "pt"),
        ("precisa de encaminhamento?", "pt"),
        ("qual o valor", "pt"),
        ("do you take my insurance?", "en"),
        ("can I drink water before the exam", "en"),
        ("how long should I fast?", "en"),
    ],
)
def test_short_questions_are_told_apart(text: str, language: Language) -> None:
    other: Language = "en" if language == "pt" else "pt"
    assert language_of(text, other) == language


@pytest.mark.parametrize("text", ["", "?", "ok", "123", "🙂", "8h", "check up", "Amil", "TSH T4"])
@pytest.mark.parametrize("default", ["pt", "en"])
def test_one_or_two_words_get_the_default(text: str, default: Language) -> None:
    assert language_of(text, default) == default


@pytest.mark.parametrize("default", ["pt", "en"])
def test_a_text_that_both_languages_share_gets_the_default(default: Language) -> None:
    assert language_of("PCR covid hospital", default) == default
