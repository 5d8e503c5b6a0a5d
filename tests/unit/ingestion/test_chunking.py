import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from semantic_text_splitter import MarkdownSplitter

from ingestion import chunking
from ingestion.chunking import chunks_of, context
from ingestion.parsing.document import Answer, Document, Prose, Section, Table

WORDS = st.text(alphabet="abç ãé.?!\n#-|*12", max_size=400)
TITLES = st.text(alphabet="abç é", max_size=40)
HEADINGS = st.lists(TITLES, max_size=4).map(tuple)
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.builds(
        Table,
        header=st.tuples(*[TITLES] * width),
        rows=st.lists(st.tuples(*[WORDS] * width), max_size=6).map(tuple),
        heading=HEADINGS,
    )
)
SECTIONS: st.SearchStrategy[Section] = st.one_of(
    st.builds(Prose, text=WORDS, heading=HEADINGS, page=st.none() | st.integers(1, 9)),
    st.builds(Answer, question=WORDS, text=WORDS, heading=HEADINGS),
    ROWS,
)
DOCUMENTS = st.builds(
    Document, title=TITLES, sections=st.lists(SECTIONS, max_size=4).map(tuple), pages=st.none()
)


#: The splitter merged the last mark into a part that was full (found by hypothesis).
MERGED_TAIL = Document("aa", (Answer("1?1??1?1", "1?1?1?1?1?1??1?1", heading=("a", "b", "a a a")),))

#: A row without a cell after a row that fills its chunk (likewise).
EMPTY_ROW = Document("a", (Table(("a",), (("1? " * 20,), ("",)), heading=("a a a",)),))


def count(text: str) -> int:
    """Words and marks, as a tokenizer without a vocabulary would count; letters beyond 8 extra."""
    return sum(1 + len(word) // 8 for word in re.findall(r"\w+|[^\w\s]", text))


def words(text: str) -> list[str]:
    return re.findall(r"\S", text)


@given(DOCUMENTS, st.integers(32, 64))
@example(MERGED_TAIL, 32)
@example(EMPTY_ROW, 32)
def test_no_chunk_is_longer_than_the_limit(document: Document, limit: int) -> None:
    assert all(count(chunk.indexed) <= limit for chunk in chunks_of(document, limit, count))


@given(DOCUMENTS, st.integers(32, 64))
def test_equal_documents_give_equal_chunks(document: Document, limit: int) -> None:
    assert chunks_of(document, limit, count) == chunks_of(document, limit, count)


@given(st.lists(st.builds(Prose, text=WORDS, heading=HEADINGS), max_size=4))
def test_no_word_of_a_text_is_lost_or_said_twice(sections: list[Prose]) -> None:
    document = Document("título", tuple(sections))
    chunk_words = [char for chunk in chunks_of(document, 32, count) for char in words(chunk.text)]
    assert chunk_words == [char for section in sections for char in words(section.text)]


@given(st.builds(Answer, question=WORDS, text=WORDS))
def test_every_word_of_an_answer_and_its_question_is_in_the_chunks(pair: Answer) -> None:
    chunks = chunks_of(Document("", (pair,)), 32, count)
    chunk_words = words("".join(chunk.text for chunk in chunks))
    pair_words = words(pair.text) + words(pair.question)
    assert all(chunk_words.count(char) >= pair_words.count(char) for char in set(chunk_words))
    assert set(pair_words) <= set(chunk_words)


@given(ROWS)
def test_every_cell_of_a_table_is_in_the_chunks(table: Table) -> None:
    chunk_words = words(
        "".join(chunk.text for chunk in chunks_of(Document("", (table,)), 48, count))
    )
    for row in table.rows:
        for cell in row:
            assert all(chunk_words.count(char) >= cell.count(char) for char in words(cell))


def test_a_row_carries_its_header_and_rows_share_a_chunk_while_they_fit() -> None:
    table = Table(
        header=("Exame", "Preço", ""),
        rows=(("Ultrassom", "R$ 120", "hoje"), ("Holter", "", ""), ("MAPA", "R$ 90", "")),
        heading=("Preços",),
    )
    chunks = chunks_of(Document("Tabela", (table,)), 40, count)
    assert [chunk.text for chunk in chunks] == [
        "Exame: Ultrassom; Preço: R$ 120; hoje\nExame: Holter\nExame: MAPA; Preço: R$ 90"
    ]
    assert chunks[0].context == "Tabela > Preços"
    assert len(chunks_of(Document("Tabela", (table,)), 20, count)) == 2


def test_every_part_of_a_long_answer_carries_its_question() -> None:
    pair = Answer("Preciso de jejum?", "Sim, oito horas antes do exame. " * 10)
    chunks = chunks_of(Document("Perguntas", (pair,)), 40, count)
    assert len(chunks) > 1
    assert all(chunk.text.startswith("Preciso de jejum?\n") for chunk in chunks)


def test_a_short_answer_is_one_chunk_with_its_question() -> None:
    (chunk,) = chunks_of(Document("P", (Answer("Tem estacionamento?", "Sim."),)), 40, count)
    assert chunk.text == "Tem estacionamento?\nSim."


def test_a_text_is_cut_at_its_paragraphs() -> None:
    first, second = "Jejum de oito horas. " * 5, "Beba água à vontade. " * 5
    document = Document("Preparo", (Prose(f"{first.strip()}\n\n{second.strip()}"),))
    texts = [chunk.text for chunk in chunks_of(document, 32, count)]
    assert texts == [first.strip(), second.strip()]


def test_the_title_is_not_repeated_as_the_outermost_heading() -> None:
    (chunk,) = chunks_of(Document("Preparo", (Prose("x", ("Preparo", "Jejum")),)), 40, count)
    assert chunk.heading == ("Jejum",)
    assert chunk.context == "Preparo > Jejum"


def test_a_heading_path_too_long_loses_its_middle_first() -> None:
    assert context("Título", ("a b c d", "dentro"), 99, count) == "Título > a b c d > dentro"
    assert context("Título", ("a b c d", "dentro"), 4, count) == "Título > dentro"
    assert context("Título", ("a b c d", "dentro"), 2, count) == "dentro"
    assert context("", ("um dois três",), 2, count) == "um dois"
    assert context("", ("um",), 0, count) == ""


def test_a_chunk_costs_the_same_in_a_long_document() -> None:
    def cost(sentences: int) -> float:
        counted = 0

        def counting(text: str) -> int:
            nonlocal counted
            counted += len(text)
            return count(text)

        text = " ".join(f"Frase {n} sobre o jejum de oito horas." for n in range(sentences))
        chunks = chunks_of(Document("t", (Prose(text),)), 64, counting)
        return counted / len(chunks)

    # Characters counted per chunk; where whole texts are counted it is 2,080, then 2,140.
    assert cost(200) < 1800
    assert cost(2000) < 1800


def test_the_splitter_never_sees_a_very_long_text(monkeypatch: pytest.MonkeyPatch) -> None:
    split, lengths = MarkdownSplitter.from_callback, [0]

    class Splitter:
        def __init__(self, size: Callable[[str], int], room: int) -> None:
            self._whole = split(size, room)

        def chunks(self, text: str) -> list[str]:
            lengths.append(len(text))
            return self._whole.chunks(text)

        from_callback = classmethod(lambda cls, size, room: cls(size, room))

    monkeypatch.setattr(chunking, "MarkdownSplitter", Splitter)
    monkeypatch.setattr(chunking, "SLICE", 400)
    for unit in ("uma linha\n", "palavra ", "x", "parágrafo\n\n"):
        text = unit * 500
        chunks = chunks_of(Document("a", (Prose(text),)), 64, count)
        assert "".join("".join(chunk.text.split()) for chunk in chunks) == "".join(text.split())
        assert all(count(chunk.indexed) <= 64 for chunk in chunks)
    assert 200 <= max(lengths) <= 400


def test_each_row_of_a_table_has_a_vector_of_its_own() -> None:
    rows = (("Holter", "R$ 270"), ("MAPA\n24 h", "R$ 260"))
    (chunk,) = chunks_of(Document("Preços", (Table(("Exame", "Preço"), rows),)), 64, count)
    assert chunk.text == "Exame: Holter; Preço: R$ 270\nExame: MAPA 24 h; Preço: R$ 260"
    assert chunk.findable == (
        f"Preços\n{chunk.text}",
        "Preços\nExame: Holter; Preço: R$ 270",
        "Preços\nExame: MAPA 24 h; Preço: R$ 260",
    )
    (single,) = chunks_of(Document("Preços", (Table(("Exame", "Preço"), rows[:1]),)), 64, count)
    assert single.findable == (single.indexed,)


def test_rows_of_other_periods_share_no_chunk() -> None:
    header = ("Exame", "Válido até")
    rows = (("MAPA", "31/12/2025"), ("Holter", "31/12/2025"), ("EEG", ""), ("USG", "2026"))
    answer = Answer("Aceitam?", "Sim.", period="../2026-12-31")
    chunks = chunks_of(Document("Tabela", (Table(header, rows), answer)), 480, len)
    assert [(chunk.period, chunk.text.count("Exame")) for chunk in chunks] == [
        ("../2025-12-31", 2),
        ("", 1),
        ("../2026-12-31", 1),
        ("../2026-12-31", 0),
    ]


def test_a_file_s_name_says_what_a_chunk_is_about_where_the_title_does_not() -> None:
    sheet = Document(
        "Instruções ao paciente", (Prose("Jejum.", ("Instruções ao paciente", "Véspera")),)
    )
    (chunk,) = chunks_of(sheet, 200, len, "colonoscopia.md")
    assert chunk.title == "Instruções ao paciente (Colonoscopia)"
    assert chunk.heading == ("Véspera",)
    assert chunk.indexed == "Instruções ao paciente (Colonoscopia) > Véspera\nJejum."
