"""Metrics of one process on their way to Prometheus: families of samples, as JSON in Redis.

Reports of other versions of the code are read, too: a family that this version cannot read is left
out, and an unknown field is ignored.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field, ValidationError, field_validator

from workers.contracts.record import Record

#: First part of every name: no report can speak for the API or for the queue.
PREFIX: Final = "atende_drain_"
#: Most bytes of one report's families; about five times what a drain reports.
MOST_BYTES: Final = 128 * 1024
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
#: How samples of each kind are named: the family's name and one of these.
_SUFFIXES: Final = {
    "counter": {"_total"},
    "gauge": {""},
    "histogram": {"_bucket", "_sum", "_count"},
}

#: What follows the family's name, labels, value.
Sample = tuple[str, dict[str, str], float]


class Family(Record):
    """One metric: its name without a counter's `_total`, its help, and its samples."""

    name: Annotated[str, Field(pattern=f"^{PREFIX}[a-z0-9_]+$", max_length=100)]
    help: str = ""
    kind: Literal["counter", "gauge", "histogram"]
    samples: list[Sample]

    @field_validator("samples")
    @classmethod
    def _labels(cls, samples: list[Sample]) -> list[Sample]:
        for _, labels, _ in samples:
            if not all(_LABEL.fullmatch(name) for name in labels):
                raise ValueError("a label has an invalid name")
        return samples

    def valid_samples(self) -> list[Sample]:
        """The samples that belong to this kind."""
        return [sample for sample in self.samples if sample[0] in _SUFFIXES[self.kind]]

    def total(self, suffix: str = "", **labels: str) -> float:
        """The sum of the samples with this suffix and these labels."""
        own = labels.items()
        return sum(v for end, names, v in self.samples if end == suffix and own <= names.items())


def pack(families: Iterable[Family]) -> str:
    """JSON of the families, those beyond `MOST_BYTES` left out."""
    parts: list[str] = []
    size = 2
    for family in families:
        part = family.model_dump_json()
        size += len(part.encode()) + 1
        if size > MOST_BYTES:
            break
        parts.append(part)
    return f"[{','.join(parts)}]"


def unpack(raw: str) -> list[Family]:
    """The families of a report that this version can read; none where it is no report at all."""
    if len(raw) > MOST_BYTES:
        return []
    try:
        families: Any = json.loads(raw)
    except (ValueError, RecursionError):
        return []
    return _readable(families) if isinstance(families, list) else []


def _readable(items: Sequence[Any]) -> list[Family]:
    families = []
    for item in items:
        try:
            families.append(Family.model_validate(item))
        except ValidationError:
            continue
    return families
