"""Where a channel's secrets come from as it is added: a file, the environment, or a prompt.

Never from the command line: other users see it, and the shell keeps it.
"""

import os
import sys
from collections.abc import Mapping
from getpass import getpass
from pathlib import Path
from typing import Final

from workers.commands.support.errors import CommandError
from workers.contracts.channel_files import variable

_PROMPTS: Final = {
    "token": "Access token (System users, at Meta's Business settings)",
    "app_secret": "App secret (App settings, Basic)",
    "verify_token": "Verify token",
    "password": "Password of the mailbox",
    "client_secret": "Client secret (of the app at the provider)",
    "refresh_token": "Refresh token (of the consent at the provider)",
}
#: Longest secret that is read from a file, in bytes.
_MOST_BYTES: Final = 4096


def secret_of(
    name: str, secret: str, file: Path | None, environment: Mapping[str, str] = os.environ
) -> str | None:
    """A secret's text; None where the environment holds it, so that no file needs to.

    Args:
        name: the channel's.
        secret: which one: `token`, say.
        file: where it stands; None: it is asked for.
        environment: where it may stand.

    Raises:
        CommandError: nobody can be asked, the file cannot be read, or what was given is empty.
    """
    if file is not None:
        return _checked(_first_line(file), f"{file} is empty.")
    if environment.get(variable(name, secret)):
        return None
    option = f"--{secret.replace('_', '-')}-file"
    if not sys.stdin.isatty():
        raise CommandError(
            f"Nobody can be asked for the {secret.replace('_', ' ')}: there is no terminal. "
            f"Nothing was changed. Give {option} FILE, or set {variable(name, secret)}."
        )
    return _checked(getpass(f"{_PROMPTS[secret]}: "), "Nothing was typed.")


def _first_line(file: Path) -> str:
    try:
        with file.open("rb") as content:
            return content.read(_MOST_BYTES).decode("utf-8", "replace").strip()
    except OSError as error:
        raise CommandError(
            f"{file} cannot be read: {error.strerror}. Nothing was changed. Give a file that holds "
            "the secret."
        ) from error


def _checked(text: str, complaint: str) -> str:
    if not text.strip():
        raise CommandError(f"{complaint} Nothing was changed. Type the command again.")
    return text.strip()
