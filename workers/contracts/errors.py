"""What can go wrong between the API and the workers.

    ContractError
    ├── RecordError          a stored record cannot be read
    ├── DocumentNameError    a name that no document may have
    ├── ChannelError         a channel's file cannot be used
    ├── NoConversationError  there is no such conversation
    ├── NoBackfillError      there is no such backfill
    ├── BackfillClosedError  a backfill takes no more rows, or no file, as it stands
    ├── BackfillFullError    a clinic has as many rows, backfills or waiting files as it may
    └── SecretMissingError   the installation has no master secret

redis-py's own errors pass: `api.problems` translates them for askers, and workers try again.
"""

from collections.abc import Mapping


class ContractError(Exception):
    """Root of the contracts' errors."""


class RecordError(ContractError):
    """A stored record was written by another version, or is damaged; `raw` is what is stored.

    The message holds nothing of it, since it may quote a patient.
    """

    def __init__(self, record: str, raw: Mapping[str, str] | str) -> None:
        super().__init__(f"the record of {record} cannot be read")
        self.raw = raw


class DocumentNameError(ContractError):
    """A name that no document may have. The message says why, and never quotes it."""


class ChannelError(ContractError):
    """A channel's file cannot be used. The message says what to do, and quotes nothing of it."""


class NoConversationError(ContractError):
    """There is no such conversation, or no longer: it was erased, or its time is over."""


class NoBackfillError(ContractError):
    """The clinic has no such backfill, or no longer: it was erased, or its time is over."""


class BackfillClosedError(ContractError):
    """A backfill takes no rows or no file as it stands. The message says why, and what to do."""


class BackfillFullError(ContractError):
    """A clinic keeps as many rows, backfills or files as it may. The message says what to do."""


class SecretMissingError(ContractError):
    """The installation has no master secret. The message says what to do."""
