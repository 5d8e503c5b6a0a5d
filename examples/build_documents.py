"""Builds the sample clinics' PDF, Word and Excel documents from their Markdown sources.

`<clinic>/fontes/<name>.<pdf|docx|xlsx>.md` becomes `<clinic>/documentos/<name>.<pdf|docx|xlsx>`;
the other documents of that folder are written by hand. A second run gives the same content.

    python -m examples.build_documents [--output FOLDER]
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from examples.office import build_docx, build_xlsx
from examples.pdf import build_pdf
from examples.source import Block, Clinic, parse

EXAMPLES = Path(__file__).parent
CLINICS = (
    Clinic("clinica", "Clínica Vila Serena", "Documento de exemplo de uma clínica fictícia."),
    Clinic(
        "laboratorio", "Laboratório Tamarindo", "Documento de exemplo de um laboratório fictício."
    ),
)

#: How the blocks of a clinic's document become the bytes of a file with this suffix.
BUILDERS: dict[str, Callable[[list[Block], Clinic], bytes]] = {
    ".pdf": build_pdf,
    ".docx": build_docx,
    ".xlsx": build_xlsx,
}


def main() -> None:
    """Builds every source of every clinic and prints the files' names."""
    parser = argparse.ArgumentParser(description="Builds the sample clinics' documents.")
    parser.add_argument("--output", type=Path, default=EXAMPLES, help="where clinics' folders are")
    output: Path = parser.parse_args().output
    for clinic in CLINICS:
        folder = output / clinic.folder / "documentos"
        folder.mkdir(parents=True, exist_ok=True)
        for source in sorted((EXAMPLES / clinic.folder / "fontes").glob("*.md")):
            target = folder / source.stem
            blocks = parse(source.read_text(encoding="utf-8"))
            target.write_bytes(BUILDERS[target.suffix](blocks, clinic))
            print(target.relative_to(output))


if __name__ == "__main__":
    main()
