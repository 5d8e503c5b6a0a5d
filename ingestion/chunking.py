"""Documents to chunks: cut along their structure, bounded in the embedding model's own tokens.

Pure: equal input gives equal chunks. No word of a document is lost, and none is said twice but
headings, table headers and questions, which every chunk below them carries.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from semantic_text_splitter import MarkdownSplitter

from ingestion.knowledge.chunk import Chunk
from ingestion.naming import full_title
from ingestion.parsing.document import Answer, Document, Prose, Section, Table
from ingestion.validity import row_period

#: Version of how documents are cut: raise it where the same document gives other chunks.
CHUNKING = 4

#: Tokens of a text.
Count = Callable[[str], int]

#: Most characters that the splitter gets at once: its time grows faster than the text, and 1.6 MB
#: of lines would take it minutes in which nothing can end it.
SLICE = 50_000

#: Characters per token of the limit from which a text is counted by its beginning alone. Four or
#: five are usual, so a beginning this long is already twice the limit.
LONG = 12


def chunks_of(document: Document, limit: int, count: Count, name: str = "") -> list[Chunk]:
    """A document's chunks, in the order of reading.

    Args:
        document: what to cut.
        limit: tokens that `Chunk.indexed` has at most; at least 32. A single character that the
            model reads as more tokens than fit stays whole.
        count: tokens of a text as the embedding model counts them.
        name: of its file; it stands in the chunks' title where that says less.
    """
    count = _bounded(count, limit)
    title = full_title(document.title, name) if name else document.title
    chunks = (
        replace(chunk, period=period)
        for section in document.sections
        for period, part in _by_period(_below(section, document.title))
        for chunk in _cut(part, title, limit, count)
        if chunk.text.strip()
    )
    return [replace(chunk, order=place) for place, chunk in enumerate(chunks)]


def context(title: str, heading: Sequence[str], limit: int, count: Count) -> str:
    """The line above a chunk's text: as much of title and headings as `limit` tokens hold.

    The innermost heading says most, so outer ones are left out first; the title stays if there is
    room for it.
    """
    parts = list(dict.fromkeys(part for part in (title, *heading) if part))
    while parts and count(" > ".join(parts)) > limit:
        if len(parts) == 1:
            words = parts[0].split()[:-1]
            parts = [" ".join(words)] if words else []
        else:
            del parts[1 if len(parts) > 2 else 0]  # noqa: PLR2004 - title, outer, …, innermost
    return " > ".join(parts)


def _bounded(count: Count, limit: int) -> Count:
    """Counts only the beginning of a long text where that alone is twice too long.

    The splitter looks at all the rest before each cut, so that with whole texts a chunk of a long
    paragraph cost three times as much as one of a short paragraph.
    """

    def bounded(text: str) -> int:
        if len(text) > LONG * limit and (tokens := count(text[: LONG * limit])) > 2 * limit:
            return tokens
        return count(text)

    return bounded


def _by_period(section: Section) -> Iterator[tuple[str, Section]]:
    """A section in parts that hold in one period each, with the period.

    Rows that say in which one share no chunk with others: a search leaves out what has ended.
    """
    match section:
        case Answer(period=period):
            yield period, section
        case Table(header=header, rows=rows):
            for period, group in groupby(rows, lambda row: row_period(header, row)):
                yield period, replace(section, rows=tuple(group))
        case _:
            yield "", section


def _below(section: Section, title: str) -> Section:
    """A section without the document's title above its headings."""
    return (
        replace(section, heading=section.heading[1:])
        if section.heading[:1] == (title,)
        else section
    )


def _cut(section: Section, title: str, limit: int, count: Count) -> Iterator[Chunk]:
    heading = section.heading
    above = context(title, heading, limit // 2, count)

    def chunk(text: str, question: str = "") -> Chunk:
        questions = (question,) if question else ()
        text = _with_question(question, text)
        return Chunk(text, title, heading, section.page, above, questions=questions)

    def tokens(text: str, question: str = "") -> int:
        return count(chunk(text, question).indexed)

    match section:
        case Prose(text=text):
            yield from map(chunk, _split(text, limit, tokens))
        case Answer(question=question, text=text):
            short = context("", (question,), limit // 4, count)
            if short == question or tokens(_with_question(question, text)) <= limit:
                short = question
            else:  # a question as long as an essay: once in full, then in short
                yield from map(chunk, _split(question, limit, tokens))
            for part in _split(text, limit, lambda part: tokens(part, short)) or [""]:
                yield chunk(part, short)
        case Table():
            for pack in _pack(_rows(section), limit, tokens):
                yield replace(chunk(pack), is_table=True)


def _with_question(question: str, text: str) -> str:
    return "\n".join(filter(None, (question, text)))


def _split(text: str, limit: int, count: Count) -> list[str]:
    """Cut at headings, paragraphs, sentences or words: the largest unit that fits.

    `count` is of a text with its context. The splitter adds up the counts of parts, so it gets the
    text's own tokens alone, and the room that the context leaves.
    """
    whole = text.strip()
    if not whole or count(whole) <= limit:
        return [whole] if whole else []
    context_tokens = count("")
    room = max(1, limit - context_tokens)
    return [
        part
        for piece in _slices(whole)
        for part in _pieces(piece, room, lambda part: max(0, count(part) - context_tokens))
    ]


def _slices(text: str) -> Iterator[str]:
    """A very long text in parts, cut at a paragraph, a line or a word where there is one."""
    start = 0
    while len(text) - start > SLICE:
        ends = (text.rfind(mark, start + SLICE // 2, start + SLICE) for mark in ("\n\n", "\n", " "))
        end = next((end for end in ends if end > 0), start + SLICE)
        yield text[start:end]
        start = end
    yield text[start:]


def _pieces(text: str, room: int, size: Count) -> list[str]:
    """The Markdown splitter's parts; the few that are too long are cut again.

    It merges a short last part into the one before without counting both together (0.33.1), and
    the tokens of two texts together may be more than their sum.
    """
    parts: list[str] = []
    for part in MarkdownSplitter.from_callback(size, room).chunks(text):
        fits = room == 1 or size(part) <= room
        parts += [part] if fits else _pieces(part, room // 2, size)
    return parts


def _pack(rows: Sequence[str], limit: int, count: Count) -> Iterator[str]:
    """Rows together while they fit; a row that is too long alone is split."""
    pack = ""
    for row in filter(str.strip, rows):
        longer = f"{pack}\n{row}" if pack else row
        if count(longer) <= limit:
            pack = longer
            continue
        if pack:
            yield pack
        *parts, pack = _split(row, limit, count)
        yield from parts
    if pack:
        yield pack


def _rows(table: Table) -> list[str]:
    """Each row with its header: `Exame: Ultrassom; Preço: R$ 120,00`."""
    return [
        "; ".join(
            f"{name}: {words}" if name else words
            for name, cell in zip(table.header, row, strict=True)
            if (words := " ".join(cell.split()))
        )
        for row in table.rows
    ]
