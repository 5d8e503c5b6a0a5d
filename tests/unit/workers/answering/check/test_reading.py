from tests.unit.workers.answering.check.clinic import passage
from workers.answering.check.reading import reading_of

TEXT = "Jejum\nFique 8 horas sem comer. Beba água."


def test_a_passage_is_read_once() -> None:
    assert reading_of(passage(TEXT, "Preparo")) is reading_of(passage(TEXT, "Preparo"))
    assert reading_of(passage(TEXT, "Outro")) is not reading_of(passage(TEXT, "Preparo"))


def test_a_term_counts_once_a_statement_and_a_heading_s_in_each() -> None:
    reading = reading_of(passage(TEXT, "Preparo"))
    assert len(reading.statements) == 2
    assert (reading.counts["agua"], reading.counts["jejum"], reading.counts["prepar"]) == (1, 2, 2)


def test_its_words_are_folded() -> None:
    assert {"agua", "jejum", "preparo"} <= reading_of(passage(TEXT, "Preparo")).words
