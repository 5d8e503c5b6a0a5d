"""A conversation from a file: each paragraph is typed at once, then the answer is waited for.

`#` begins a remark. `/silencio 5s` waits so long for nothing to come, where no answer is expected;
`/esperar` waits for an answer where none of the lines is a message.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from workers.commands.support.phone.chat import Chat
from workers.commands.support.phone.typed import EndOfChat, TypedError, do, seconds_of

#: What ends a paragraph that nobody answers.
SILENCE = "/silencio"
#: Asks for an answer where the lines are no messages.
WAIT = "/esperar"


#: Commands that are messages, so that an answer follows.
_MESSAGES = {WAIT, "/audio", "/imagem", "/documento", "/botao", "/responder", "/atrasada"}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that are typed at once.

    Attributes:
        lines: messages and commands.
        silence: seconds in which nothing shall come; None: an answer is waited for, where there is
            a message among the lines.
    """

    lines: tuple[str, ...]
    silence: float | None = None

    @property
    def expects_answer(self) -> bool:
        """Whether something is to come."""
        return self.silence is None and any(
            not line.startswith("/") or line.split()[0] in _MESSAGES for line in self.lines
        )


def paragraphs(lines: Iterable[str]) -> list[Paragraph]:
    """The paragraphs of a file.

    Raises:
        TypedError: a silence has no length.
    """
    result: list[Paragraph] = []
    current: list[str] = []
    for raw in [*lines, ""]:
        line = raw.strip()
        if line.startswith("#"):
            continue
        if line.startswith(SILENCE):
            result.append(Paragraph(tuple(current), seconds_of(line.removeprefix(SILENCE).strip())))
            current = []
        elif line:
            current.append(line)
        elif current:
            result.append(Paragraph(tuple(current)))
            current = []
    return result


def play(chat: Chat, script: Iterable[Paragraph], patience: float) -> int:
    """Type a script; gives how many of its paragraphs went otherwise than expected.

    Args:
        chat: that it is typed in.
        script: what is typed.
        patience: seconds that an answer is waited for.
    """
    wrong = 0
    try:
        for paragraph in script:
            wrong += not _type(chat, paragraph, patience)
    except EndOfChat:
        pass
    return wrong


def _type(chat: Chat, paragraph: Paragraph, patience: float) -> bool:
    """Whether what was to come came; where it did not, the chat says so."""
    before = _answers(chat)
    for line in paragraph.lines:
        try:
            do(chat, "" if line == WAIT else line)
        except TypedError as error:
            chat.note(str(error))
            return False
    if paragraph.silence is not None:
        time.sleep(paragraph.silence)
        if _answers(chat) > before:
            chat.note(f"Veio uma resposta, onde se esperava silêncio por {paragraph.silence:g} s.")
            return False
        return True
    if paragraph.expects_answer and not chat.wait(patience):
        chat.note(f"Nenhuma resposta em {patience:.0f} s.")
        return False
    return True


def _answers(chat: Chat) -> int:
    """Answers on all phones; a paragraph may change whose turn it is."""
    return sum(len(phone.inbox().answers) for phone in chat.phones)
