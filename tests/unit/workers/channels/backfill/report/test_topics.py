from workers.channels.backfill.report.topics import Vocabulary, asked, topic

PARKING = ("vocês têm estacionamento?", "o estacionamento é pago?", "onde fica o estacionamento?")
WHITENING = (
    "quanto custa o clareamento dental?",
    "qual o valor do clareamento dental?",
    "clareamento, preço",
)
OTHERS = ("posso levar minha mãe na consulta?", "a consulta demora quanto tempo?", "tem wi-fi?")
VOCABULARY = Vocabulary(PARKING + WHITENING + OTHERS)


def test_a_group_is_named_by_the_words_that_its_patients_use() -> None:
    assert topic(PARKING, [1, 1, 1], VOCABULARY) == ("estacionamento",)
    assert topic(WHITENING, [1, 1, 1], VOCABULARY) == ("clareamento dental",)


def test_the_form_that_most_patients_write_is_shown_with_accents_where_it_is_open() -> None:
    questions = ("ressonancia com contraste", "ressonância com contraste")
    assert topic(questions, [1, 1], Vocabulary(questions + OTHERS)) == (
        "ressonância com contraste",
    )
    assert topic(questions, [3, 1], Vocabulary(questions + OTHERS)) == (
        "ressonancia com contraste",
    )


def test_words_that_say_too_little_name_nothing() -> None:
    questions = ("minha mãe pode ir na consulta?", "e a consulta do meu pai?", "consulta da mãe")
    assert topic(questions, [1, 1, 1], Vocabulary(questions)) == ()


def test_what_is_asked_for_is_told_where_half_of_the_group_does() -> None:
    assert asked(WHITENING, [1, 1, 1]) == ("preço",)
    assert asked(("tem wi-fi?", "quanto custa?", "tem café?"), [1, 1, 1]) == ()
    assert asked(("tem wi-fi?", "quanto custa?", "tem café?"), [1, 2, 1]) == ("preço",)
