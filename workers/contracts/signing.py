"""The secrets that sign callbacks: each clinic's own, derived from the installation's."""

import base64
import hashlib
import hmac

from workers.contracts.errors import SecretMissingError


def callback_secret(master: str, tenant: str) -> str:
    """The tenant's secret for signed callbacks, in the form of Standard Webhooks (`whsec_…`).

    It is derived from the master secret, so that nothing secret is stored in Redis.

    Raises:
        SecretMissingError: there is no master secret; anybody could derive from an empty one.
    """
    if not master:
        raise SecretMissingError(
            "No callback was signed: ATENDE_SECRET is empty. Callbacks wait in the outbox. Set it "
            "to a long random text, the same for the API and every worker, and restart them."
        )
    key = hmac.new(master.encode(), f"callback:{tenant}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(key).decode()
