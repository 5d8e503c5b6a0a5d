"""Builds the sample clinic's tables of old questions, for `atende backfill`.

`backfill/perguntas.csv` is as an old Excel in Brazil writes: `;` and Windows-1252.
`backfill/atendimentos.xlsx` has dates, a merged title, a hidden row and a sheet that is none of it.
A second run gives the same content.

    python -m examples.build_backfill [--output FOLDER]
"""

import argparse
import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import xlsxwriter

from examples.office import without_times
from examples.source import BUILT_AT

EXAMPLES: Final = Path(__file__).parent
#: When the first question came; each later one came 47 minutes after the one before.
_FIRST: Final = datetime(2026, 9, 14, 8, 3)  # noqa: DTZ001 - a table's times have no zone
_APART: Final = timedelta(minutes=47)

#: What patients wrote, and what the reception answered then, where it did.
_MESSAGES: Final = (
    ("Posso tomar um gole d'água antes da endoscopia?", "Pode, água até 4 horas antes."),
    ("qto custa a endoscopia c/ sedação?", "R$ 720,00"),
    ("Quais convênios vocês aceitam?", ""),
    ("Bom dia!", "Bom dia! Em que posso ajudar?"),
    ("Preciso de encaminhamento pra passar no cardiologista?", ""),
    ("Tem como ir aí sábado de tarde na unidade do Jardim?", "Sábado só até as 13h, Sra. Marta."),
    ("Vocês conseguem me mandar o laudo aqui no zap?", "Por WhatsApp não enviamos."),
    ("tem estasionamento na unidade jardin", "Sim, 40 vagas, 2 horas gratuitas."),
    (
        "Boa tarde,\nvou fazer check-up na quinta.\nPosso tomar café sem açúcar antes da coleta?",
        "Não, café não pode; só água.",
    ),
    ("Minha mãe está com dor no peito e falta de ar, o que eu faço?", "Ligamos para a senhora."),
    ("Vocês fazem tomografia do tórax?", "Não fazemos, indicamos o Hospital Regional."),
    ("Tem dentista aí? Quanto custa uma limpeza?", "Não temos dentista."),
    ("vocês fazem aplicação de botox na testa?", ""),
    ("Quero falar com uma atendente", "Pois não."),
    ("-Qual o valor da ressonância com contraste sem convênio?", "R$ 1.240,00"),
    ("preciza fica de jejum pra fazer emograma", "Não precisa."),
    ("", ""),
    ("Fiz colonoscopia hoje de manhã, quando posso dirigir de novo?", "Depois de 24 horas."),
    ("a vacina da gripe e quanto", "R$ 110,00 na unidade Centro."),
    ("Esqueci meu casaco na recepção ontem; o que faço?", "Está guardado, CPF no balcão."),
    ("Muito obrigada, Deus abençoe", ""),
    ("Meu resultado deu colesterol 260, é grave?", "Marque o retorno com o Dr. Paulo."),
)


def main() -> None:
    """Builds both tables and prints their names."""
    parser = argparse.ArgumentParser(description="Builds the sample tables of old questions.")
    parser.add_argument("--output", type=Path, default=EXAMPLES, help="where the folder is made")
    folder: Path = parser.parse_args().output / "backfill"
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("perguntas.csv", _csv()), ("atendimentos.xlsx", _xlsx())):
        (folder / name).write_bytes(content)
        print(Path("backfill") / name)


def _rows(
    messages: Sequence[tuple[str, str]], first: int
) -> list[tuple[str, datetime, str, str, str]]:
    """Number, time, channel, the patient's words, the reception's."""
    channels = ("WhatsApp", "Site", "WhatsApp", "Telefone")
    return [
        (f"2026-{first + index}", _FIRST + index * _APART, channels[index % 4], text, answer)
        for index, (text, answer) in enumerate(messages)
    ]


def _csv() -> bytes:
    text = io.StringIO(newline="")
    table = csv.writer(text, delimiter=";", lineterminator="\r\n")
    table.writerow(("Protocolo", "Recebida em", "Canal", "Mensagem", "Resposta da recepção"))
    for number, moment, channel, message, answer in _rows(_MESSAGES, 1041):
        table.writerow((number, f"{moment:%d/%m/%Y %H:%M}", channel, message, answer))
    return text.getvalue().encode("cp1252")


def _xlsx() -> bytes:
    """Other questions: those of `clinica/perguntas.csv` that were typed in haste."""
    with (EXAMPLES / "clinica" / "perguntas.csv").open(encoding="utf-8", newline="") as file:
        known = [row for row in csv.DictReader(file) if row["kind"] in {"typos", "no_accents"}]
    messages = [(row["question"], row["answer"]) for row in known]
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"created": BUILT_AT.replace(tzinfo=None)})
        sheet = book.add_worksheet("Atendimentos")
        day = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        sheet.merge_range(0, 0, 0, 4, "Clínica Vila Serena: atendimentos de setembro de 2026")
        sheet.write_row(2, 0, ("Protocolo", "Data", "Canal", "Pergunta do paciente", "Resposta"))
        for row, (number, moment, channel, message, answer) in enumerate(_rows(messages, 1201), 3):
            sheet.write_string(row, 0, number)
            sheet.write_datetime(row, 1, moment, day)
            _write(sheet, row, (channel, message, answer))
        sheet.set_row(8, options={"hidden": True})
        totals = book.add_worksheet("Resumo")
        totals.write_row(0, 0, ("Mês", "Atendimentos"))
        totals.write_row(1, 0, ("setembro", len(messages)))
        totals.write_formula(2, 1, "=SUM(B2:B2)", value=len(messages))
    return without_times(buffer)


def _write(sheet: xlsxwriter.worksheet.Worksheet, row: int, texts: Sequence[str]) -> None:
    for column, text in enumerate(texts, 2):
        sheet.write_string(row, column, text)


if __name__ == "__main__":
    main()
