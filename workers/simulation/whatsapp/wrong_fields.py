"""How Meta names a wrong field of a message."""

from pydantic_core import ErrorDetails

from workers.simulation.whatsapp.parts import TEXT_LIMIT
from workers.simulation.whatsapp.refusal import Refusal


def refusal_of(fault: ErrorDetails) -> Refusal:
    """The refusal of a field that pydantic found wrong."""
    path = [str(step) for step in fault["loc"]]
    words = _words(path, fault)
    if words is not None:
        return Refusal(100, message=f"(#100) {words}")
    name = ".".join(path)
    if fault["type"] == "missing":
        return Refusal(131008, f"Parameter '{name}' is mandatory")
    if fault["type"] == "long_text":
        return Refusal(131009, f"{name} length invalid. Min length: 1, Max length: {fault['msg']}")
    return Refusal(131009, f"{name}: {fault['msg']}")


def _words(path: list[str], fault: ErrorDetails) -> str | None:
    """What is said with code 100; None: the fault has a code of its own."""
    name, kind, words = ".".join(path), fault["type"], None
    if kind == "no_content":
        words = f"The parameter {fault['msg']} is required."
    elif kind == "empty_text" or (kind == "missing" and len(path) == 1):
        words = f"The parameter {name} is required."
    elif kind == "extra_forbidden":
        words = f'Unexpected key "{path[-1]}" on param "{".".join(path[:-1]) or "body"}".'
    elif kind == "long_text" and path == ["text", "body"]:
        words = f"Param text['body'] must be at most {TEXT_LIMIT} characters long."
    elif kind.endswith("_type"):
        words = f"Param {name} is of another type: {fault['msg']}."
    elif path == ["type"]:
        words = "Param type must be one of the known message types."
    return words
