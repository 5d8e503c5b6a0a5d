import json

import pytest

from ingestion.parsing import parse
from ingestion.parsing.document import Answer, Section, Table
from ingestion.parsing.errors import CorruptFileError, EmptyDocumentError

SIM = Answer("Tem vaga?", "Sim.")


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ('{"pergunta": "Tem vaga?", "resposta": "Sim."}\n\n', (SIM,)),
        (
            '{"question": "Tem vaga?", "answer": "Sim."}\n{"q": "Café?", "a": "Não."}',
            (SIM, Answer("Café?", "Não.")),
        ),
        ('[{"Dúvida": "Tem vaga?", "Resposta": "Sim."}]', (SIM,)),
        ('{"title": "FAQ", "itens": [{"pergunta": "Tem vaga?", "resposta": "Sim."}]}', (SIM,)),
        ('{"Tem vaga?": "Sim.", "Café?": "Não."}', (SIM, Answer("Café?", "Não."))),
        (
            '{"perguntas": ["Tem vaga?", "Há vaga?"], "resposta": "Sim.", "setor": "A"}',
            (Answer("Tem vaga?\nHá vaga?", "Sim.\nsetor: A"),),
        ),
        (
            '{"exame": "TSH", "jejum": {"horas": 4, "água": true}}\n{"exame": "MAPA", "preço": 9}',
            (
                Table(
                    ("exame", "jejum", "preço"),
                    (("TSH", "horas: 4; água: sim", ""), ("MAPA", "", "9")),
                ),
            ),
        ),
    ],
)
def test_json_and_json_lines(text: str, sections: tuple[Section, ...]) -> None:
    assert parse(text.encode(), "faq.jsonl").sections == sections


@pytest.mark.parametrize("column", ["1ª", "ª", "Nº", "1ª resposta", "m²"])
def test_an_ordinal_is_no_name_of_questions_or_answers(column: str) -> None:
    table = f"Pergunta;{column};Resposta\nTem vaga?;x;Sim.\n"
    answer = Answer("Tem vaga?", f"Sim.\n{column}: x")
    assert parse(table.encode(), "faq.csv").sections == (answer,)
    item = {"pergunta": "Tem vaga?", column: "x", "resposta": "Sim."}
    assert parse(json.dumps(item).encode(), "faq.json").sections == (answer,)


def test_the_line_that_is_wrong_is_named() -> None:
    with pytest.raises(CorruptFileError, match="line 2"):
        parse(b'{"pergunta": "a", "resposta": "b"}\n{oops}', "faq.jsonl")
    with pytest.raises(CorruptFileError, match="line 3"):
        parse(b'{\n"pergunta": "a",\noops}', "faq.json")
    with pytest.raises(EmptyDocumentError):
        parse(b"[]", "faq.json")
