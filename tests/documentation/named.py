"""What the documents name: settings that somebody reads, files and headings that are there."""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

from pydantic_settings import BaseSettings

from atende import app as atende
from tests.documentation.pages import ROOT, inline, prose
from tests.documentation.typed import walk
from workers.channels.backfill.sources.mails.imap_account import PASSWORD_VARIABLE

_HEADING: Final = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_LINK: Final = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_SETTING: Final = re.compile(r"\bATENDE_[A-Z_]*[A-Z]\b")
#: A test, or the file of some, as a decision names what shows that it holds.
_TEST: Final = re.compile(r"test_\w+(?:\.py(?:::test_\w+)?)?")
_FILE: Final = re.compile(r"(?:api|workers|ingestion|tests|benchmarks|examples|docs)/[\w./*-]*")


@cache
def settings() -> frozenset[str]:
    """Every environment variable that some settings class reads, or the compose file hands on."""
    for _name, sub in walk(atende):
        assert sub is not None  # walking imports each command, and with it what it reads
    importlib.import_module("api.settings")
    found: set[str] = set()
    waiting = [BaseSettings]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.model_config.get("env_prefix") == "ATENDE_":
            found |= {f"ATENDE_{field.upper()}" for field in kind.model_fields}
    example = (ROOT / ".env.example").read_text("utf-8")
    return frozenset(found | {PASSWORD_VARIABLE} | set(_SETTING.findall(example)))


def bad_settings(text: str) -> Iterator[str]:
    """Settings that nobody reads."""
    unknown = sorted(set(_SETTING.findall(text)) - settings())
    yield from (f"{name} is no setting" for name in unknown)


def bad_links(text: str, page: Path) -> Iterator[str]:
    """Links to files that are not there, or to headings that their page does not have."""
    for target in _LINK.findall(prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists():
            yield f"{target} leads nowhere"
        elif anchor and anchor not in anchors(text if not name else file.read_text("utf-8")):
            yield f"{target}: the page has no such heading"


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = _HEADING.findall(prose(text))
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in plain}


def bad_files(text: str) -> Iterator[str]:
    """Files and folders of the source that are named and not there."""
    for code in inline(text):
        if _FILE.fullmatch(code) and not [*ROOT.glob(code.rstrip("/"))]:
            yield f"{code} is not there"


@cache
def tests() -> frozenset[str]:
    """Every test as `file.py::name`, every one's name, and every file of tests."""
    names: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        inside = re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
        names |= {file.name, *inside, *(f"{file.name}::{name}" for name in inside)}
    return frozenset(names)


def bad_tests(text: str) -> Iterator[str]:
    """Tests that are named and not there."""
    for code in inline(text):
        if code.startswith("test_") and _TEST.fullmatch(code) and code not in tests():
            yield f"{code} is no test"
