"""Reply addresses: where outcomes go. One kind of address for each kind of asker.

A new kind is a record here, and a sender for it in `workers.delivery`.
"""

from typing import Literal
from urllib.parse import urlsplit

from workers.contracts.record import Record


class WebhookAddress(Record):
    """A URL that a signed callback is posted to."""

    kind: Literal["webhook"] = "webhook"
    url: str

    @property
    def receiver(self) -> str | None:
        """Scheme, host and port: what may be shown and logged. Path and query may carry secrets."""
        try:
            url = urlsplit(self.url)
        except ValueError:
            return None
        return f"{url.scheme}://{url.netloc.rpartition('@')[2]}" if url.netloc else None


#: Kinds are told apart by `kind`. The next one makes it a union.
ReplyAddress = WebhookAddress
