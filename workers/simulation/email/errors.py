"""What keeps the mail servers from running."""


class PostOfficeError(Exception):
    """The servers of the trial don't run; the message says why, and what to do."""


class DovecotMissingError(PostOfficeError):
    """Dovecot is not installed, or not in a version whose settings are known here."""
