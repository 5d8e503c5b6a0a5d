"""What can be typed on the phone: words are a message, `/` begins a command."""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ingestion.folding import fold
from workers.commands.support.phone.chat import Chat

#: Seconds of a unit of time.
_UNITS: Final = {"s": 1, "seg": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


class TypedError(Exception):
    """What was typed cannot be done; says in the patient's language what can."""


class EndOfChat(Exception):  # noqa: N818 - what the user wants, not an error
    """`/sair` was typed."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command.

    Attributes:
        argument: what may follow it.
        help: what it does, in the patient's language.
        run: does it.
    """

    argument: str
    help: str
    run: Callable[[Chat, str], None]


def do(chat: Chat, line: str) -> None:
    """Do what was typed.

    Raises:
        TypedError: there is no such command, or it cannot be done now.
        EndOfChat: the chat ends.
    """
    line = line.strip()
    if not line:
        return
    if not line.startswith("/"):
        chat.last_message = chat.phone.writes(line)
        return
    name, _, argument = line[1:].partition(" ")
    command = COMMANDS.get(fold(name))
    if command is None:
        raise TypedError(f"Não conheço /{name}. /ajuda mostra o que há.")
    command.run(chat, argument.strip())


def seconds_of(text: str) -> float:
    """The seconds of `25h`, `40min`, `90s`, `2d`.

    Raises:
        TypedError: it is no such time.
    """
    match = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*([a-z]+)", fold(text))
    if match is None or match[2] not in _UNITS:
        raise TypedError(f"{text or 'Isso'} não é um tempo. Escreva 25h, 40min ou 30s.")
    return float(match[1].replace(",", ".")) * _UNITS[match[2]]


def _media(kind: str) -> Callable[[Chat, str], None]:
    def send(chat: Chat, caption: str) -> None:
        chat.last_message = chat.phone.sends(kind, caption or None)

    return send


def _button(chat: Chat, title: str) -> None:
    bubble = chat.last("assistant")
    titles = [label for _, label in bubble.choices] if bubble else []
    if not titles:
        raise TypedError("Não há botões na tela.")
    if title and title not in titles:
        raise TypedError(f"Os botões são: {', '.join(titles)}.")
    chat.last_message = chat.phone.taps(title or titles[0])


def _person(chat: Chat, text: str) -> None:
    chat.phone.gets_from_person(text or "Olá, aqui é da recepção. Como posso ajudar?")


def _advance(chat: Chat, text: str) -> None:
    chat.graph.clock.advance(seconds=seconds_of(text))
    now = datetime.fromtimestamp(chat.graph.clock.now()).astimezone()
    chat.note(f"No relógio do WhatsApp são agora {now:%d/%m %H:%M}.")


def _late(chat: Chat, text: str) -> None:
    ago, _, words = text.partition(" ")
    if not words:
        raise TypedError("Escreva /atrasada 40min e a mensagem.")
    sent_at = chat.graph.clock.now() - seconds_of(ago)
    chat.last_message = chat.phone.writes(words, sent_at=sent_at)


def _username(chat: Chat, name: str) -> None:
    chat.phone.takes_username(name or "paciente.br")
    chat.note("Daqui em diante a clínica não recebe o número, só o nome de usuário.")


def _number(chat: Chat, phone: str) -> None:
    if not re.fullmatch(r"\+\d{8,15}", phone):
        raise TypedError("Escreva o número novo com +, assim: /numero +5541988887777")
    chat.phone.changes_number(phone)


def new_number() -> str:
    """A mobile of Curitiba, most of it drawn."""
    return f"+554198{secrets.randbelow(10**7):07d}"


def _another(chat: Chat, name: str) -> None:
    chat.phones.append(chat.graph.patient(name or "Bia", new_number()))
    chat.last_message = None
    chat.note(f"Agora escreve {chat.phone.patient.name}, de outro número.")


def _identity(chat: Chat, _: str) -> None:
    chat.phone.changes_user_id()


def _delete(chat: Chat, _: str) -> None:
    chat.phone.deletes(_own_message(chat))


def _edit(chat: Chat, text: str) -> None:
    if not text:
        raise TypedError("Escreva /editar e o texto novo.")
    chat.phone.edits(_own_message(chat), text)


def _own_message(chat: Chat) -> str:
    if chat.last_message is None:
        raise TypedError("Você ainda não escreveu nada.")
    return chat.last_message


def _reply(chat: Chat, text: str) -> None:
    bubble = chat.last("assistant")
    if bubble is None or not text:
        raise TypedError("Escreva /responder e o texto, depois de uma resposta da clínica.")
    chat.last_message = chat.phone.writes(text, replies_to=bubble.id)


def _react(chat: Chat, emoji: str) -> None:
    bubble = chat.last("assistant")
    if bubble is None:
        raise TypedError("A clínica ainda não escreveu nada.")
    chat.phone.reacts(bubble.id, emoji or "👍")


def _block(chat: Chat, _: str) -> None:
    chat.phone.patient.blocks = not chat.phone.patient.blocks
    chat.note("Bloqueado." if chat.phone.patient.blocks else "Desbloqueado.")


def _revoke(chat: Chat, _: str) -> None:
    for token in chat.graph.account.tokens:
        token.revoked = True
    chat.note("O token da clínica foi revogado: nada mais é enviado até /renovar.")


def _renew(chat: Chat, _: str) -> None:
    chat.tokens.renew_token()
    chat.note("Um token novo está no arquivo do canal.")


def _help(chat: Chat, _: str) -> None:
    for name, command in COMMANDS.items():
        chat.note(f"/{name} {command.argument}".ljust(28) + command.help)


def _end(_chat: Chat, _: str) -> None:
    raise EndOfChat


COMMANDS: Final[Mapping[str, Command]] = {
    "audio": Command("", "manda um áudio", _media("audio")),
    "imagem": Command("[legenda]", "manda uma foto", _media("image")),
    "documento": Command("[legenda]", "manda um PDF", _media("document")),
    "botao": Command("[título]", "toca num botão da última resposta", _button),
    "responder": Command("TEXTO", "cita a última resposta", _reply),
    "reagir": Command("[emoji]", "reage à última resposta", _react),
    "editar": Command("TEXTO", "muda a sua última mensagem", _edit),
    "apagar": Command("", "apaga a sua última mensagem", _delete),
    "pessoa": Command("[TEXTO]", "uma pessoa da clínica responde pelo celular", _person),
    "avancar": Command("25h", "adianta o relógio do WhatsApp", _advance),
    "atrasada": Command("40min TEXTO", "uma mensagem que chega atrasada", _late),
    "usuario": Command("[nome]", "usa um nome de usuário, sem número", _username),
    "numero": Command("+55…", "troca de número", _number),
    "identidade": Command("", "troca de identidade no WhatsApp", _identity),
    "novo": Command("[nome]", "outro paciente escreve, de outro número", _another),
    "bloquear": Command("", "bloqueia ou desbloqueia a clínica", _block),
    "revogar": Command("", "revoga o token da clínica", _revoke),
    "renovar": Command("", "põe um token novo no canal", _renew),
    "ajuda": Command("", "mostra estes comandos", _help),
    "sair": Command("", "termina", _end),
}
