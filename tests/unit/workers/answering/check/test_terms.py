from workers.answering.check.terms import stem, terms


def test_forms_of_a_word_are_compared_as_one() -> None:
    assert stem("autorizadas") == stem("autorização")
    assert stem("mandar") == stem("enviar")


def test_small_words_and_numbers_say_nothing() -> None:
    assert terms("para os 8 dias depois de") == frozenset()


def test_what_is_absent_is_another_word() -> None:
    assert terms("sem contraste").isdisjoint(terms("com contraste"))
    assert terms("sem o contraste") == terms("sem contraste")


def test_at_once_is_a_term() -> None:
    assert terms("na hora")
    assert not terms("hora")


def test_a_prefix_with_a_hyphen_makes_another_word() -> None:
    assert terms("pré-molar").isdisjoint(terms("molar"))
    assert terms("marca-passo") == terms("marcapasso")
    assert terms("terça-feira") == terms("terça")
