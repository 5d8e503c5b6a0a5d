from datetime import date
from pathlib import Path
from typing import Annotated

import pytest
from cyclopts import App, Parameter
from cyclopts.exceptions import CycloptsError

from workers.commands.support.backfill.options import Asking, Reading
from workers.commands.support.errors import CommandError

OUT = Path("a.csv")


@pytest.mark.parametrize(
    ("asking", "words"),
    [
        (Asking(), "Give --out FILE"),
        (Asking(out=OUT, every_night=True), "needs --window"),
        (Asking(out=OUT, every_night=True, detach=True, window="22:00-06:00"), "not both"),
        (Asking(out=OUT, mail_to="a@b.example"), "--mail-channel"),
        (Asking(detach=True, report=OUT), "not with --detach"),
        (Asking(out=OUT, window="at night"), "22:00-06:00"),
        (Asking(out=OUT, window="22:00-06:00", time_zone="Brasil"), "America/Sao_Paulo"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_done(asking: Asking, words: str) -> None:
    with pytest.raises(CommandError, match="Nothing was read or asked") as error:
        asking.check()
    assert words in str(error.value)


@pytest.mark.parametrize(
    "asking", [Asking(out=OUT), Asking(detach=True), Asking(dry_run=True, window="seg-sex 22h-6h")]
)
def test_what_can_be_meant_is_let_through(asking: Asking) -> None:
    asking.check()


def typed(*words: str) -> tuple[Asking, Reading]:
    app, given = App(), []

    @app.default
    def command(
        asking: Annotated[Asking, Parameter(name="*")] | None = None,
        reading: Annotated[Reading, Parameter(name="*")] | None = None,
    ) -> None:
        given.append((asking or Asking(), reading or Reading()))

    app(list(words), exit_on_error=False, print_error=False, result_action="return_value")
    return given[0]


def test_options_are_read_as_a_clinic_types_them() -> None:
    asking, reading = typed(
        *("--redo", "needs_human,failed", "--since", "31/12/2025", "--clinic", "Recepção"),
        *("--clinic", "Ana", "--expires-in", "3600"),
    )
    assert asking.redo == ("needs_human", "failed")
    assert asking.plan == {"expires_in": 3600}
    assert reading.options.since == date(2025, 12, 31)
    assert reading.options.clinic == ("Recepção", "Ana")
    assert typed("--since", "2025-12-31")[1].since == date(2025, 12, 31)


@pytest.mark.parametrize("words", [("--redo", "all"), ("--since", "ontem"), ("--expires-in", "0")])
def test_what_cannot_be_read_is_refused(words: tuple[str, str]) -> None:
    with pytest.raises(CycloptsError):
        typed(*words)
