"""Which part of a long mail is asked."""

from workers.channels.email.receiving.excerpt import excerpt

STORY = "Tudo correu bem com o tratamento no mês passado."
QUESTION = "Qual é o preparo da colonoscopia?"


def test_a_short_text_is_whole() -> None:
    assert excerpt(QUESTION) == QUESTION


def test_of_a_long_one_the_paragraph_that_asks_stays_with_the_one_before() -> None:
    text = "\n\n".join([*[STORY] * 5, "Vou fazer o exame na terça.", QUESTION, *[STORY] * 5])
    assert excerpt(text, 200) == f"Vou fazer o exame na terça.\n\n{QUESTION}"


def test_where_that_is_too_much_the_one_before_goes() -> None:
    text = "\n\n".join([STORY * 3, QUESTION, STORY * 3])
    assert excerpt(text, 100) == QUESTION


def test_where_the_paragraph_is_too_long_its_sentences_that_ask_stay() -> None:
    text = f"{STORY} {STORY} {QUESTION} {STORY} Quanto custa? {STORY}"
    assert excerpt(text, 100) == f"{QUESTION}\nQuanto custa?"


def test_several_questions_far_apart_all_stay() -> None:
    text = f"{QUESTION}\n\n{STORY}\n\n{STORY}\n\n{STORY}\n\nQuanto custa o exame?"
    assert excerpt(text, 120) == f"{QUESTION}\n\n{STORY}\n\nQuanto custa o exame?"


def test_what_asks_nothing_or_too_much_is_none() -> None:
    assert excerpt("\n\n".join([STORY] * 10), 200) is None
    assert excerpt("\n\n".join([QUESTION] * 100), 200) is None
