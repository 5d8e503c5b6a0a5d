"""Posts of WhatsApp for tests: recorded by others, and made by hand."""

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[5]
#: Recorded by other projects; beside this one.
RECORDED = ROOT.parent / "shared" / "data" / "webhooks_whatsapp"
#: What no recorded post shows.
MADE = ROOT / "tests" / "webhooks_whatsapp"


def made(name: str) -> str:
    """The body of a post that was made by hand."""
    return (MADE / f"{name}.json").read_text("utf-8")


def message(**fields: Any) -> str:  # noqa: ANN401 - any JSON
    """The body of a post with one message."""
    return post({"messages": [{"id": "wamid.1", "timestamp": "1795766400", **fields}]})


def post(value: dict[str, Any], field: str = "messages") -> str:
    """The body of a post with one change."""
    metadata = {"phone_number_id": "106540352242922"}
    changes = [{"field": field, "value": {"metadata": metadata, **value}}]
    return json.dumps({"entry": [{"id": "102290129340398", "changes": changes}]})
