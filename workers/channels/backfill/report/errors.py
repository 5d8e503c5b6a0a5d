"""What can go wrong with a report.

ReportError
├── NothingToReportError  the backfill is gone
└── PairsError            a file of reviewed pairs cannot be used
"""


class ReportError(Exception):
    """The message says what is wrong and what to do."""


class NothingToReportError(ReportError):
    """There is no such backfill any more."""


class PairsError(ReportError):
    """A file of reviewed pairs cannot be used. Nothing was written."""
