"""A channel as it is typed: what is wrong with it, and what must not be there already."""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from workers.commands.support.errors import CommandError
from workers.contracts.channel import Channel
from workers.contracts.channel_files import AnyChannel
from workers.contracts.channels import ChannelBook

Kind = TypeVar("Kind", bound=Channel)

#: How a field is written whose rule is a pattern that nobody reads.
_WRITTEN: Final = {
    "name": "small letters, digits and dashes, 40 at most: recepcao",
    "number": "a plus, the country's code and the number: +554133334444",
    "phone_number_id": "digits, as Meta shows it: 106540352242922",
    "business_account_id": "digits, as Meta shows it: 102290129340398",
    "privacy_url": "an address: https://clinica.example/privacidade",
    "graph_version": "v and two numbers: v25.0",
    "time_zone": "a place of the IANA's list: America/Sao_Paulo",
    "forward_to": "an address: equipe@clinica.example",
}
#: Options that are called otherwise than the field that they fill.
_OPTIONS: Final = {
    "own_addresses": "own-address",
    "forms": "form",
    "folders": "folder",
    "holidays": "holiday",
}


def validated(kind: type[Kind], fields: Mapping[str, Any]) -> Kind:
    """The channel of these fields.

    Raises:
        CommandError: some are wrong; the message names each of them, and no value.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        lines = "; ".join(_line(fault["loc"], fault["msg"]) for fault in faults)
        raise CommandError(f"{lines}. Nothing was changed. Correct it and try again.") from None


def _line(place: tuple[int | str, ...], message: str) -> str:
    """What is wrong, and how it is written; a fault of several fields together has no place."""
    what = "is needed" if message == "Field required" else message.removeprefix("Value error, ")
    names = [part for part in place if isinstance(part, str)]
    if not names:
        return what
    written = _WRITTEN.get(names[-1])
    option = _OPTIONS.get(names[-1], names[-1].replace("_", "-"))
    return f"{option}: {f'is written as {written}' if written else what}"


def refuse_second(draft: AnyChannel, book: ChannelBook, *, force: bool) -> None:
    """Refuse a channel whose name, number or mailbox is another's.

    Args:
        draft: what was typed.
        book: the channels that there are.
        force: whether the one of this name may be replaced.

    Raises:
        CommandError: it is.
    """
    exists = book.named(draft.name) is not None or draft.name in book.faults()
    if exists and not force:
        secret = "password" if draft.kind == "email" else "token"
        raise CommandError(
            f"There is a channel {draft.name} already. Nothing was changed. --force replaces it; "
            f"for another {secret} alone type: atende channels {secret} {draft.name}"
        )
    for other in book.all():
        if other.name != draft.name and other.kind == draft.kind and other.served & draft.served:
            raise CommandError(
                f"The channel {other.name} has this {draft.SERVES}. Nothing was changed. "
                f"Remove it first: atende channels remove {other.name}"
            )
