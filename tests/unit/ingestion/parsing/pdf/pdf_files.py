"""PDFs made for tests."""

from fpdf import FPDF

#: A table's rows, the first its header.
ROWS = [("Exame", "Particular", "Convênio"), ("Holter", "R$ 200", "R$ 90"), ("MAPA", "R$ 180", "-")]


def pdf(pages: list[list[tuple[str, int]]], password: str = "") -> bytes:
    """A PDF of pages of (line, type size)."""
    file = FPDF()
    if password:
        file.set_encryption(owner_password=password, user_password=password)
    for lines in pages:
        file.add_page()
        for text, size in lines:
            file.set_font("Helvetica", size=size)
            file.cell(text=text, new_x="LMARGIN", new_y="NEXT")
    return bytes(file.output())
