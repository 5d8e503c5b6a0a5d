"""Scripts: what is typed at once, and after what an answer is waited for."""

import pytest

from workers.commands.support.phone.script import Paragraph, paragraphs
from workers.commands.support.phone.typed import TypedError

SCRIPT = """
# a burst
Oi
Vocês abrem
sábado?

/pessoa Aqui é a Rita.
Obrigada, Rita!
/silencio 5s

/avancar 25h
/audio
"""


def test_a_paragraph_is_typed_at_once_and_a_remark_never() -> None:
    assert paragraphs(SCRIPT.splitlines()) == [
        Paragraph(("Oi", "Vocês abrem", "sábado?")),
        Paragraph(("/pessoa Aqui é a Rita.", "Obrigada, Rita!"), silence=5.0),
        Paragraph(("/avancar 25h", "/audio")),
    ]


@pytest.mark.parametrize(
    ("lines", "silence", "expects"),
    [
        (("Oi",), None, True),
        (("Oi",), 5.0, False),
        (("/avancar 25h",), None, False),
        (("/avancar 25h", "/audio"), None, True),
        (("/pessoa Oi",), None, False),
        (("/renovar", "/esperar"), None, True),
        (("/atrasada 40min Oi",), None, True),
    ],
)
def test_an_answer_is_waited_for_after_messages_alone(
    lines: tuple[str, ...], silence: float | None, *, expects: bool
) -> None:
    assert Paragraph(lines, silence).expects_answer is expects


def test_a_silence_needs_a_length() -> None:
    with pytest.raises(TypedError):
        paragraphs(["Oi", "/silencio muito"])
