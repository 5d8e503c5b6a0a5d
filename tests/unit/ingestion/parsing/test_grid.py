from ingestion.parsing.document import Table
from ingestion.parsing.grid import Cell, fill, tables


def test_merged_cells_say_their_text_in_all_their_places() -> None:
    rows, headers = fill(
        [
            [Cell("Exame", rows=2, is_header=True), Cell("Preço", columns=2, is_header=True)],
            [Cell("Particular", is_header=True), Cell("Convênio", is_header=True)],
            [Cell("Holter"), Cell("90", columns=9)],
        ]
    )
    assert rows[0][:3] == ["Exame", "Preço", "Preço"]
    assert rows[1][:3] == ["Exame", "Particular", "Convênio"]
    assert rows[2][:3] == ["Holter", "90", "90"]
    assert headers == 2


def test_several_header_rows_are_one() -> None:
    rows = [["Exame", "Preço", "Preço"], ["Exame", "Particular", "Convênio"], ["MAPA", "9", "8"]]
    assert list(tables(rows, 2)) == [
        Table(("Exame", "Preço Particular", "Preço Convênio"), (("MAPA", "9", "8"),))
    ]
    assert list(tables(rows)) == list(tables(rows, 2))


def test_a_row_over_the_whole_width_heads_what_follows() -> None:
    rows = [["Exame", "Preço"], ["Ultrassom", "Ultrassom"], ["Mama", "9"], ["Raio X", "Raio X"]]
    assert list(tables([*rows, ["Tórax", "8"]])) == [
        Table(("Exame", "Preço"), (("Mama", "9"),), ("Ultrassom",)),
        Table(("Exame", "Preço"), (("Tórax", "8"),), ("Raio X",)),
    ]
    assert list(tables(rows))[-1] == Table(("",), (("Raio X",),))


def test_a_first_row_of_data_is_no_header() -> None:
    rows = [["Holter", "R$ 90,00"], ["MAPA", "R$ 80,00"]]
    assert list(tables(rows)) == [Table(("", ""), (("Holter", "R$ 90,00"), ("MAPA", "R$ 80,00")))]


def test_names_at_the_left_name_what_is_at_the_right() -> None:
    rows = [
        ["Endereço:", "Rua das Flores, 10"],
        ["Telefone:", "5555-0100"],
        ["Estacionamento:", ""],
    ]
    assert list(tables(rows)) == [
        Table(
            ("",),
            (("Endereço: Rua das Flores, 10",), ("Telefone: 5555-0100",), ("Estacionamento:",)),
        )
    ]


def test_empty_rows_and_columns_are_left_out_and_a_header_alone_is_said() -> None:
    assert list(tables([["", "a", ""], ["", "", ""], ["", "b", ""]])) == [
        Table(("",), (("a",), ("b",)))
    ]
    assert list(tables([["Exame", "Preço"]], 1)) == [Table(("", ""), (("Exame", "Preço"),))]
    assert list(tables([])) == []
