"""TLS to mail servers and token endpoints: the system's authorities, and a clinic's own."""

import ssl
from pathlib import Path

__all__ = ["client_context"]


def client_context(ca_file: Path | None = None) -> ssl.SSLContext:
    """What a server's certificate and name are checked by; TLS 1.2 at least.

    Args:
        ca_file: further authorities in PEM, beside the system's; None: those alone.

    Raises:
        OSError: the file cannot be read, or (`ssl.SSLError`) holds no certificate.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context
