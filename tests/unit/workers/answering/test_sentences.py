import pytest

from workers.answering.sentences import Kind, Span, split


def parts(text: str) -> list[str]:
    return [span.of(text) for span in split(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["Fica na Av. Brasil, 10.", "Tel. (20) 5555-0149.", "Ligue antes."],
        ["Custa R$ 1.240,00.", "Traga o pedido."],
        ["O Dr. J. P. Souza atende às quartas.", "A Dra. Helena, às quintas."],
        ["Espere até as 8 h.", "Depois coma."],
        ["Tome vitamina D.", "Depois espere."],
        ["Leve RG, CPF etc.", "Traga cópias."],
        ["Não tome remédios (p. ex. aspirina) antes.", "Avise a Sra. Maria."],
        ["Rua das Acácias, n. 240, sala 3.", "Chegue cedo."],
        ["R. das Flores, 5.", "Chegue cedo."],
        ["Chegue às 10.", "Traga documento."],
        ['"Pode sim."', "Fale com a enfermagem."],
        ["Open 8 a.m. to 5 p.m. on weekdays.", "Ask Dr. Lee."],
        ["Para a bactéria H. pylori, 14 dias.", "Avise."],
        ["O prazo é de no máx. 10 dias.", "Em dez. a clínica fecha."],
        ["Veja www.clinica.example.br.", "Ligue."],
        ["Não pode?", "Pode!", "Ligue."],
    ],
)
def test_a_sentence_ends_at_its_end_and_not_after_an_abbreviation(sentences: list[str]) -> None:
    assert parts(" ".join(sentences)) == sentences


def test_a_row_is_whole_even_with_sentences_in_a_cell() -> None:
    row = "Profissional: Dra. Lúcia; Dias: terça. Só de manhã; Unidade: Centro"
    text = f"Agenda\n{row}\n{row}"
    assert [(span.kind, span.of(text)) for span in split(text)] == [
        (Kind.HEADING, "Agenda"),
        (Kind.ROW, row),
        (Kind.ROW, row),
    ]


def test_a_row_without_header_names_is_whole() -> None:
    assert [span.kind for span in split("Hemograma; R$ 28,00; Centro")] == [Kind.ROW]


def test_a_list_item_loses_its_mark_and_keeps_its_sentences_apart() -> None:
    text = "- Anticoagulantes: avise. Só suspenda com o médico.\n2. Chegue cedo."
    assert [(span.kind, span.of(text)) for span in split(text)] == [
        (Kind.ITEM, "Anticoagulantes: avise."),
        (Kind.ITEM, "Só suspenda com o médico."),
        (Kind.ITEM, "Chegue cedo."),
    ]


def test_a_line_that_goes_on_in_small_letters_is_one_sentence() -> None:
    assert parts("Exames ficam prontos\na partir de 6 de janeiro.\nAté logo.") == [
        "Exames ficam prontos\na partir de 6 de janeiro.",
        "Até logo.",
    ]


def test_the_question_of_a_pair_is_a_heading() -> None:
    text = "Tem Wi-Fi?\nSim. A senha está no balcão."
    assert [span.kind for span in split(text)] == [Kind.HEADING, Kind.SENTENCE, Kind.SENTENCE]


def test_a_last_line_without_anything_below_is_no_heading() -> None:
    assert split("Jejum") == (Span(0, 5, Kind.SENTENCE),)


def test_no_word_is_lost() -> None:
    text = "Título\n\n  Um. Dois?  \n\n- três\n a: b; c: d \n"
    assert "".join("".join(parts(text)).split()) == "".join(text.split()).replace("-", "")
