"""A sample clinic's PDF: an A4 sheet with its letterhead, not compressed.

Compressed bytes would depend on the zlib at hand.
"""

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from examples.source import BUILT_AT, Block, Bullets, Clinic, Heading, Paragraph, Table, title_of

GREEN = (24, 94, 84)
GREY = (110, 110, 110)
PALE = (226, 240, 237)


class Sheet(FPDF):
    """An A4 sheet with the clinic's name on top and the page number below."""

    def __init__(self, clinic: Clinic) -> None:
        super().__init__()
        self._clinic = clinic
        self.set_compression(False)
        self.set_creation_date(BUILT_AT)
        self.set_producer("examples/build_documents.py")
        self.set_author(clinic.name)
        self.set_lang("pt-BR")
        self.set_margins(22, 18, 22)
        self.set_auto_page_break(auto=True, margin=22)

    def header(self) -> None:
        """Prints the letterhead; fpdf2 calls it on every new page."""
        self.set_font("Helvetica", "B", 10)
        self.set_text_color(*GREEN)
        self.cell(0, 6, self._clinic.name, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.set_draw_color(*GREEN)
        self.line(self.l_margin, self.get_y(), self.w - self.r_margin, self.get_y())
        self.ln(5)

    def footer(self) -> None:
        """Prints the notice and the page number; fpdf2 calls it at every page's end."""
        self.set_y(-16)
        self.set_font("Helvetica", "", 8)
        self.set_text_color(*GREY)
        self.cell(0, 5, f"{self._clinic.notice} Página {self.page_no()} de {{nb}}", align="C")

    def add(self, block: Block) -> None:
        """Writes one block at the current position."""
        self.set_text_color(30)
        match block:
            case Heading(level, text):
                self._heading(level, text)
            case Paragraph(text):
                self._text(text, space_after=2)
            case Bullets(items):
                for item in items:
                    self._text(f"- {item}", indent=4)
                self.ln(2)
            case Table(rows):
                self._table(rows)

    def _heading(self, level: int, text: str) -> None:
        size = 18 if level == 1 else 13
        if self.will_page_break(3 * size):  # a heading stays with the start of its section
            self.add_page()
        self.ln(0 if level == 1 else 2)
        self.set_font("Helvetica", "B", size)
        self.set_text_color(*GREEN)
        self.multi_cell(0, size * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(1)

    def _text(self, text: str, *, indent: float = 0, space_after: float = 0) -> None:
        self.set_font("Helvetica", "", 11)
        self.set_x(self.l_margin + indent)
        self.multi_cell(0, 5.6, text, align="L", markdown=True, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(space_after)

    def _table(self, rows: tuple[tuple[str, ...], ...]) -> None:
        self.set_font("Helvetica", "", 10)
        heading = FontFace(emphasis="BOLD", fill_color=PALE)
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        with self.table(
            rows, headings_style=heading, col_widths=widths, line_height=5.4, padding=1, align="L"
        ):
            pass  # leaving the block draws the table
        self.ln(3)


def build_pdf(blocks: list[Block], clinic: Clinic) -> bytes:
    """Renders the blocks as a PDF with a text layer."""
    sheet = Sheet(clinic)
    sheet.set_title(title_of(blocks))
    sheet.add_page()
    for block in blocks:
        sheet.add(block)
    return bytes(sheet.output())
