"""What calamine does not say of a sheet's rows: which are hidden, by hand or by a filter."""

import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from lxml import etree

from ingestion.parsing.package import UNZIP_ERRORS

_MAIN: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_STRICT: Final = "{http://purl.oclc.org/ooxml/spreadsheetml/main}"
_TRUE: Final = frozenset({"1", "true"})


def hidden_rows(path: Path, sheet: str) -> frozenset[int]:
    """Numbers from 0 of the rows of a sheet that are not shown; none of another kind of file."""
    try:
        with zipfile.ZipFile(path) as package:
            part = _part(package, sheet)
            if part is None:
                return frozenset()
            with package.open(part) as file:
                return frozenset(_hidden(file))
    except (etree.XMLSyntaxError, KeyError, *UNZIP_ERRORS):
        return frozenset()


def _hidden(file: IO[bytes]) -> Iterator[int]:
    tags = [f"{_MAIN}row", f"{_STRICT}row"]
    number = -1
    for _, row in etree.iterparse(file, tag=tags, resolve_entities=False, no_network=True):
        own = row.get("r")
        number = int(own) - 1 if own and own.isdecimal() else number + 1
        if row.get("hidden") in _TRUE:
            yield number
        row.clear()
        while row.getprevious() is not None:  # what was read goes at once
            del row.getparent()[0]


def _part(package: zipfile.ZipFile, sheet: str) -> str | None:
    """The name of the package's part that holds a sheet."""
    if "xl/workbook.xml" not in package.namelist():
        return None
    book = _tree(package, "xl/workbook.xml")
    ids = [
        value
        for element in book.iter("{*}sheet")
        if element.get("name") == sheet
        for name, value in element.items()
        if name.endswith("}id")
    ]
    for relation in _tree(package, "xl/_rels/workbook.xml.rels").iter("{*}Relationship"):
        if relation.get("Id") in ids:
            return posixpath.normpath(posixpath.join("/xl", relation.get("Target", ""))).lstrip("/")
    return None


def _tree(package: zipfile.ZipFile, part: str) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    with package.open(part) as file:
        return etree.parse(file, parser).getroot()
