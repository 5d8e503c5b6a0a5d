"""What a summary says: numbers, and how to get at the rest; no patient's words. Pure.

It is told once at a window's end, where something got its result in it, and once at the end.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from workers.channels.markup import in_line
from workers.contracts.backfill import Backfill, BackfillState

#: Characters of a backfill's name in a subject: it may be a file's.
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Summary:
    """What is told of a backfill at a moment.

    Attributes:
        lately: rows that have got their result since the summary before.
        goes_on_at: when its window opens again; None where it is over.
    """

    backfill: Backfill
    lately: int
    moment: float
    goes_on_at: datetime | None = None

    @property
    def id(self) -> str:
        """Names it: the same however often it is sent."""
        return f"{self.backfill.id}-{int(self.moment)}"

    @property
    def is_last(self) -> bool:
        """Whether every row has its result."""
        return self.backfill.state is BackfillState.DONE

    def payload(self) -> str:
        """As it is posted: JSON with sorted keys, so equal summaries give equal bytes."""
        backfill = self.backfill
        counts = {"rows", "answered", "needs_human", "failed", "left_out"}
        data = backfill.model_dump(mode="json", include={"id", "name", "source", "state", *counts})
        data |= {"left": backfill.left, "lately": self.lately, "started_at": None}
        if backfill.started_at is not None:
            data["started_at"] = _iso(datetime.fromtimestamp(backfill.started_at, UTC))
        data["goes_on_at"] = None if self.goes_on_at is None else _iso(self.goes_on_at)
        kind = "done" if self.is_last else "window_ended"
        moment = _iso(datetime.fromtimestamp(self.moment, UTC))
        payload = {"type": f"backfill.{kind}", "timestamp": moment, "data": data}
        return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def subject(self) -> str:
        """One line for a mail."""
        backfill, name = self.backfill, in_line(self.backfill.name)[:_LONGEST_NAME]
        if self.is_last:
            return f"{name}: {_of(backfill.rows, 'pergunta pronta', 'perguntas prontas')}"
        ready = _of(self.lately, "pergunta pronta", "perguntas prontas")
        return f"{name}: {ready}, {_left(backfill.left)}"

    def lines(self) -> list[str]:
        """A mail's text, line by line; items begin with `- `."""
        return list(self._lines())

    def _lines(self) -> Iterator[str]:
        backfill = self.backfill
        name, zone = in_line(backfill.name), ZoneInfo(backfill.plan.time_zone)
        ended = _day_and_time(datetime.fromtimestamp(self.moment, zone))
        if self.is_last:
            yield f"As perguntas antigas de “{name}” têm todas um resultado desde {ended}."
        else:
            yield f"O horário das perguntas antigas de “{name}” acabou em {ended}."
            if self.goes_on_at is not None:
                yield f"As que faltam continuam em {_day_and_time(self.goes_on_at)}."
        yield ""
        if self.lately != backfill.rows:
            yield f"Desde o último resumo: {_of(self.lately, 'resultado', 'resultados')}."
        yield f"Ao todo, de {_of(backfill.rows, 'pergunta', 'perguntas')}:"
        yield f"- {_of(backfill.answered, 'respondida', 'respondidas')}"
        yield f"- {_number(backfill.needs_human)} para uma pessoa responder"
        yield f"- {_number(backfill.failed)} com falha"
        yield f"- {_number(backfill.left)} sem resultado ainda"
        yield ""
        yield "As respostas e o relatório ficam no servidor. Para baixá-los:"
        yield f"- atende backfills download {backfill.id} --out respostas.csv"
        yield f"- atende backfills report {backfill.id} --out relatorio.html"
        yield ""
        yield "Nada disso foi enviado a pacientes."


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _day_and_time(moment: datetime) -> str:
    return f"{moment:%d/%m/%Y} às {moment:%H:%M}"


def _number(count: int) -> str:
    """As it is written in Portuguese: 12.345."""
    return f"{count:,}".replace(",", ".")


def _of(count: int, one: str, more: str) -> str:
    return f"{_number(count)} {one if count == 1 else more}"


def _left(count: int) -> str:
    return f"falta {_number(count)}" if count == 1 else f"faltam {_number(count)}"
