"""The map in `docs/architecture.md` is that of the house: keys, floors, and a short walk."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.documentation.pages import ROOT, inline

MAP = (ROOT / "docs" / "architecture.md").read_text("utf-8")
#: Files that one question's walk may name: more, and nobody walks it.
MOST = 8


def section(heading: str) -> str:
    """What stands below a heading, up to the next."""
    return MAP.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def first_column(heading: str) -> list[str]:
    """The first cells of a section's table, without its head."""
    return re.findall(r"^\| (.*?) \|", section(heading), re.MULTILINE)[1:]


def key_names() -> Iterator[str]:
    """What each name in Redis begins with, below the prefix, as Python and Lua make it."""
    contracts = ROOT / "workers" / "contracts"
    python = (contracts / "keys.py").read_text("utf-8")
    yield from re.findall(r'PREFIX \+ "([a-z-]+)"', python)
    yield from re.findall(r'f"\{PREFIX\}([a-z-]+:)', python)
    for script in contracts.rglob("*.lua"):
        yield from re.findall(r"PREFIX \.\. '([a-z-]+:?)'", script.read_text("utf-8"))


def test_every_key_in_redis_is_in_the_table_and_no_other() -> None:
    cells = [code for cell in first_column("Redis") for code in inline(cell)]
    listed = {re.sub(r":.*", ":", code) for code in cells}
    assert listed == set(key_names())


def test_one_question_s_walk_is_short() -> None:
    walk = section("One question's walk")
    files = {code for code in inline(walk.split("\n\nBetween")[0]) if re.search(r"\.\w+$", code)}
    assert 0 < len(files) <= MOST


def floors() -> list[set[str]]:
    """The layers that import-linter keeps inside the workers, highest first."""
    project: Any = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == ["workers"]
    )
    return [{name.strip() for name in re.split(r"[:|]", layer)} for layer in layers]


def test_the_floors_are_those_of_the_linter_in_their_order() -> None:
    rows = re.findall(r"^\| \d+ \| (.*) \|$", section("Who may import whom"), re.MULTILINE)
    assert [{Path(code).stem for code in inline(row)} for row in rows] == floors()
