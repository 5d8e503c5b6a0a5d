"""What can go wrong with the stack of this machine, or on the way to an API.

StackError                 it cannot start or go on
├── SettingsError          a variable or a line of `.env` holds a wrong value
├── CredentialsError       the file of secrets cannot be used
├── ServerMissingError     no Valkey or Redis server is installed
├── NotRunningError        no stack answers here
└── ApiError               the API refused, or does not answer
"""


class StackError(Exception):
    """The stack cannot start or go on. The message says what is kept and what to do."""


class SettingsError(StackError):
    """Settings have wrong values; the message names each of them."""


class CredentialsError(StackError):
    """The file of secrets cannot be used."""


class ServerMissingError(StackError):
    """No Valkey or Redis server is installed."""


class NotRunningError(StackError):
    """No stack answers here."""


class ApiError(StackError):
    """The API refused a request, or does not answer."""
