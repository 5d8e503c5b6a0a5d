"""The text of the Lua scripts, each with the table of transitions and the shared prelude."""

from functools import cache
from importlib.resources import files

from workers.contracts.question import TRANSITIONS


def _transitions() -> str:
    rows = (
        f'["{start}"] = {{{", ".join(f"{end} = true" for end in sorted(ends))}}}'
        for start, ends in TRANSITIONS.items()
    )
    return f"local TRANSITIONS = {{{', '.join(rows)}}}\n"


@cache
def source(name: str) -> str:
    """The whole text of one script, e.g. `settle` or `jobs/take`."""
    folder = files("workers.contracts") / "lua"
    parts = ["prelude", name]
    if name.startswith("jobs/"):
        parts.insert(1, "jobs/shared")
    texts = [(folder / f"{part}.lua").read_text(encoding="utf-8") for part in parts]
    return _transitions() + "".join(texts)
