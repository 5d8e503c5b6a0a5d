"""The one place that knows the Qdrant client's errors."""

from collections.abc import Iterator
from contextlib import contextmanager

from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from ingestion.knowledge.errors import StoreUnreachableError


@contextmanager
def translate_errors() -> Iterator[None]:
    """The client's errors as ours.

    Raises:
        StoreUnreachableError: the server did not answer, or answered with an error.
    """
    try:
        yield
    except (ApiException, QdrantException) as error:
        raise StoreUnreachableError(
            f"The Qdrant server did not do what was asked: {error} What was written before is "
            f"kept. Check ATENDE_QDRANT_URL and ATENDE_QDRANT_API_KEY, and that the server runs; "
            f"then try again."
        ) from error
