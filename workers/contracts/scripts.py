"""The text of the Lua scripts, each with the table of transitions and the shared prelude."""

from functools import cache
from importlib.resources import files
from typing import Final

from workers.contracts.question import TRANSITIONS


def _transitions() -> str:
    rows = (
        f'["{start}"] = {{{", ".join(f"{end} = true" for end in sorted(ends))}}}'
        for start, ends in TRANSITIONS.items()
    )
    return f"local TRANSITIONS = {{{', '.join(rows)}}}\n"


#: What stands between the prelude and a script: by the script's folder, or by its own name.
_SHARED: Final = {
    "jobs": ("jobs/shared",),
    "conversations": ("accept", "conversations/shared", "conversations/contacts"),
    "enqueue": ("accept",),
    "sends": ("sends/shared",),
    "inbound": ("inbound/shared",),
    "mailboxes": ("inbound/shared", "mailboxes/shared"),
    "mail_bounds": ("mail_bounds/shared",),
    "backfills": ("accept", "backfills/shared"),
    "errands": ("mailboxes/shared", "errands/shared"),
}


@cache
def source(name: str) -> str:
    """The whole text of one script, e.g. `settle` or `jobs/take`."""
    folder = files("workers.contracts") / "lua"
    parts = ("prelude", *_SHARED.get(name.partition("/")[0], ()), name)
    texts = [(folder / f"{part}.lua").read_text(encoding="utf-8") for part in parts]
    return _transitions() + "".join(texts)
