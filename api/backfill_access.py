"""The backfill that a request names, and what its caller is told where that cannot be."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flask import Response

from api.auth import access
from api.backfill_schemas import BackfillOut, BackfillPath
from api.problems import ProblemError
from api.schemas import QUESTION_ID, response
from api.services import current_services
from workers.contracts.backfill import Backfill
from workers.contracts.errors import BackfillClosedError, BackfillFullError, NoBackfillError

#: The path of one backfill.
PATH: Final = "/v1/backfills/<backfill_id>"


def own(path: BackfillPath) -> Backfill:
    """The backfill, if it is the caller's; another tenant's looks like one that never was.

    Raises:
        ProblemError: 404.
    """
    is_id = QUESTION_ID.fullmatch(path.backfill_id)
    store = current_services().backfills
    backfill = store.get(access().tenant, path.backfill_id) if is_id else None
    if backfill is None:
        raise unknown()
    return backfill


def shown(backfill: Backfill, status: int = 200) -> Response:
    """A record as it is answered."""
    return response(BackfillOut.of(backfill), status)


def closed(detail: str) -> ProblemError:
    """409 where a backfill takes nothing as it stands."""
    return ProblemError(409, "backfill-closed", detail)


@contextmanager
def translated() -> Iterator[None]:
    """The store's errors as problems.

    Raises:
        ProblemError: 404 where the backfill is gone meanwhile, 409 where it or the clinic takes no
            more.
    """
    try:
        yield
    except NoBackfillError:
        raise unknown() from None
    except BackfillClosedError as error:
        raise closed(str(error)) from None
    except BackfillFullError as error:
        # No 429: it ends by no waiting, but by a person's removing something.
        raise ProblemError(409, "backfill-limit", str(error)) from None


def unknown() -> ProblemError:
    """404 where there is no such backfill of the caller's."""
    return ProblemError(
        404,
        "backfill-unknown",
        "This key's tenant has no backfill of this id: it never was, it was erased, or its last "
        "change is so long ago that it is no longer kept. GET /v1/backfills lists them all.",
    )
