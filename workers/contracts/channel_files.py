"""The files of channels: one JSON file each, `<name>.json`, that nobody but its owner may read.

A secret that a file lacks, or that shall stand nowhere on a disk, comes from the environment:
`ATENDE_CHANNEL_<NAME>_TOKEN`, `_APP_SECRET`, `_VERIFY_TOKEN` at WhatsApp, `_PASSWORD`,
`_CLIENT_SECRET`, `_REFRESH_TOKEN` of a mailbox; the name in capitals, `-` as `_`.
"""

import copy
import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import SecretStr, ValidationError

from workers.contracts.channel import Channel
from workers.contracts.email_channel import EmailChannel
from workers.contracts.errors import ChannelError
from workers.contracts.whatsapp_channel import WhatsAppChannel

#: Every kind of channel that a file may hold.
AnyChannel = WhatsAppChannel | EmailChannel

SUFFIX: Final = ".json"
#: Rights of anybody but the owner.
_OTHERS: Final = 0o077
#: The kinds, by how a file calls them.
KINDS: Final[Mapping[str, type[AnyChannel]]] = {
    kind.model_fields["kind"].default: kind for kind in get_args(AnyChannel)
}


def variable(name: str, secret: str) -> str:
    """The environment variable that may hold a channel's secret: its token, say."""
    return f"ATENDE_CHANNEL_{name.upper().replace('-', '_')}_{secret.upper()}"


def path_of(folder: Path, name: str) -> Path:
    """Where a channel's file is."""
    return folder / f"{name}{SUFFIX}"


def read(path: Path, environment: Mapping[str, str] = os.environ) -> AnyChannel:
    """The channel in a file.

    Raises:
        ChannelError: others may read it, or it holds no channel.
    """
    try:
        mode = path.stat().st_mode
        if mode & _OTHERS:
            raise ChannelError(
                f"{path} holds secrets and may be read by others (mode {mode & 0o777:o}): it is "
                f"not used. Type: chmod 600 {path}"
            )
        fields: Any = json.loads(path.read_bytes())
    except OSError as error:
        raise ChannelError(f"{path} cannot be read: {error.strerror}.") from None
    except ValueError:  # its message may quote the file
        raise ChannelError(f"{path} is no JSON in UTF-8. Correct it.") from None
    if not isinstance(fields, dict):
        raise ChannelError(f"{path} must hold one JSON object. Correct it.")
    return _channel(path, fields, environment)


def _channel(path: Path, fields: dict[str, Any], environment: Mapping[str, str]) -> AnyChannel:
    name = path.name.removesuffix(SUFFIX)
    if fields.setdefault("name", name) != name:
        raise ChannelError(f"{path}: `name` must be {name}, as the file is called. Correct it.")
    kind = KINDS.get(str(fields.setdefault("kind", "whatsapp")))  # once there was no other
    if kind is None:
        raise ChannelError(f"{path}: `kind` must be {' or '.join(KINDS)}. Correct it.")
    try:
        return kind.model_validate(with_secrets(kind, fields, _held(name, kind, environment)))
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        raise ChannelError(f"{path}: {'; '.join(map(_fault, faults))}. Correct it.") from None


def _held(name: str, kind: type[AnyChannel], environment: Mapping[str, str]) -> dict[str, str]:
    """The secrets of a channel that the environment holds."""
    texts = {secret: environment.get(variable(name, secret), "") for secret in kind.SECRETS}
    return {secret: text for secret, text in texts.items() if text}


def with_secrets(
    kind: type[AnyChannel], fields: Mapping[str, Any], texts: Mapping[str, str]
) -> dict[str, Any]:
    """The fields of a channel's file with secrets, each where its kind has it.

    Args:
        kind: the channel's.
        fields: of the file; they stay as they are.
        texts: the secrets, by what the environment calls them; those of a log-in that the channel
            does not use are left out.
    """
    complete = copy.deepcopy(dict(fields))
    for name, place in kind.SECRETS.items():
        holder = complete if len(place) == 1 else complete.get(place[0])
        if name in texts and isinstance(holder, dict):
            holder[place[-1]] = texts[name]
    return complete


def secret_in(channel: Channel, name: str) -> SecretStr | None:
    """A channel's secret, by what the environment calls it; None where it has none.

    Raises:
        KeyError: its kind knows no secret of that name.
    """
    value: Any = channel
    for part in type(channel).SECRETS[name]:
        value = getattr(value, part, None)
    return value if isinstance(value, SecretStr) else None


def save(channel: AnyChannel, folder: Path, without: Collection[str] = ()) -> Path:
    """Write a channel's file with its secrets, whole or not at all, and say where it is.

    Args:
        channel: what is written; only what differs from the defaults.
        folder: where; it is made where it is missing.
        without: secrets that are left out, since the environment holds them.

    Raises:
        OSError: it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = path_of(folder, channel.name)
    scratch = path.with_suffix(".part")
    scratch.unlink(missing_ok=True)  # else it would keep its mode
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(fields_of(channel, without), out, indent=2, ensure_ascii=False)
    scratch.replace(path)
    return path


def fields_of(channel: AnyChannel, without: Collection[str] = ()) -> dict[str, Any]:
    """What differs from the defaults, as a file holds it: as JSON, secrets in clear."""
    fields = channel.model_dump(mode="json", exclude_defaults=True) | {"kind": channel.kind}
    for name, place in channel.SECRETS.items():
        holder = fields if len(place) == 1 else fields.get(place[0])
        secret = secret_in(channel, name)
        if holder is None or secret is None:
            continue
        holder[place[-1]] = secret.get_secret_value()
        if name in without:
            del holder[place[-1]]
    return fields


def _fault(fault: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    place = ".".join(str(part) for part in fault["loc"])
    message = str(fault["msg"]).removeprefix("Value error, ")
    return f"`{place}`: {message}" if place else message
