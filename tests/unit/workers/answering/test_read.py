import pytest

from workers.answering.read import read_answer


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (" Na sala 3.", "Na sala 3."),
        ("Sim.\n\n\n\nTraga   o pedido. ", "Sim.\n\nTraga o pedido."),
        ("Sim\x00, pode\u200b.", "Sim, pode."),
        ("Não.", "Não."),
        ("A 1ª via sai no 2º andar, sala de 5 m².", "A 1ª via sai no 2º andar, sala de 5 m²."),
        ("Não sabemos o preço; ligue.", "Não sabemos o preço; ligue."),
    ],
)
def test_an_answer_is_cleaned(raw: str, text: str) -> None:
    reading = read_answer(raw, "stop")
    assert (reading.text, reading.cut, reading.refusal) == (text, False, None)


@pytest.mark.parametrize(
    "raw",
    [
        "NÃO SEI",
        "Não sei.",
        " nao sei",
        "Não\u00a0sei",
        "“Não sei”",
        "I don't know.",
        "I don\u2019t know",
    ],
)
def test_the_models_own_word_for_not_knowing_is_no_answer(raw: str) -> None:
    assert read_answer(raw, "stop").refusal == "unknown"


def test_the_marker_counts_anywhere_but_the_words_only_at_the_start() -> None:
    assert read_answer("O texto não diz. NÃO SEI", "stop").refusal == "unknown"
    assert read_answer("Ligue se não sei o que fazer.", "stop").refusal is None


@pytest.mark.parametrize("raw", ["", "  \n ", "...", "- \u200b"])
def test_nothing_is_no_answer(raw: str) -> None:
    assert read_answer(raw, "stop").refusal == "empty"


@pytest.mark.parametrize(
    "raw",
    [
        "jejum de 8 horas, jejum de 8 horas, jejum de 8 horas, jejum de 8 horas, jejum",
        "Traga o pedido médico. " * 3,
        "agua " * 30,
    ],
)
def test_a_loop_is_no_answer(raw: str) -> None:
    assert read_answer(raw, "length").refusal == "repetition"


@pytest.mark.parametrize(
    "raw",
    [
        "Segunda, terça, quarta, quinta e sexta, das 8h às 17h.",
        "Ligue para (11) 4000-0000 ou 0800 000 0000.",
        "Sim, sim, pode vir.",
        "Unimed: sim.\nAmil: sim.\nBradesco: sim.\nSulAmérica: sim.",
    ],
)
def test_a_list_or_a_number_is_no_loop(raw: str) -> None:
    assert read_answer(raw, "stop").refusal is None


def test_a_cut_answer_keeps_its_whole_sentences() -> None:
    reading = read_answer("São 8 horas. A água pode. Depois do exa", "length")
    assert (reading.text, reading.cut) == ("São 8 horas. A água pode.", True)


def test_a_cut_answer_does_not_end_inside_a_number() -> None:
    assert read_answer("Custa R$ 1.250 e mais alguma", "length").refusal == "cut"


def test_an_aborted_generation_is_no_answer() -> None:
    assert read_answer("Sim.", "abort").refusal == "aborted"
