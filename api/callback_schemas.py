"""What goes in and out about callbacks."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, Field

from api.schemas import DeliveryOut, Links, Parameters, link
from workers.contracts.dead_deliveries import PLACE
from workers.contracts.question import Delivery, Question

#: Most callbacks of one page of the list.
MOST = 500


class Listed(StrEnum):
    """States that callbacks are listed in."""

    DEAD = Delivery.DEAD.value


class CallbacksQuery(Parameters):
    """Which part of the list."""

    state: Listed = Field(
        Listed.DEAD, description="`dead`: given up. What is under way shows at its question."
    )
    limit: Annotated[int, Field(ge=1, le=MOST)] = Field(100, description="Most callbacks.")
    after: Annotated[str, Field(pattern=f"^({PLACE})?$")] = Field(
        "", description="The `next` of the page before."
    )


class CallbackLinks(Links):
    """The question that the callback belongs to, and where it is sent again."""

    replay: str


class CallbackOut(BaseModel):
    """A callback that was given up. Nothing of what the patient wrote or was told is shown."""

    id: str = Field(description="The question's.")
    receiver: str | None = Field(
        description="Scheme, host and port of the callback URL. Its path and query may carry "
        "secrets, so they are not shown."
    )
    dead_at: datetime
    delivery: DeliveryOut = Field(description="How often it was tried, and why it failed.")
    links: CallbackLinks

    @classmethod
    def of(cls, question: Question, dead_at: float) -> Self:
        """Show a record whose delivery was given up then (Unix seconds)."""
        return cls.model_validate(
            {
                "id": question.id,
                "receiver": question.request.receiver,
                "dead_at": dead_at,
                "delivery": DeliveryOut.of(question),
                "links": CallbackLinks(
                    self=link(question.id), replay=f"/v1/callbacks/{question.id}/replay"
                ),
            }
        )


class CallbacksOut(BaseModel):
    """A page of the list, newest first."""

    callbacks: list[CallbackOut]
    next: str | None = Field(description="`after` of the next page; null at the end.")


class ReplayedOut(BaseModel):
    """A callback that is sent again, with all its attempts."""

    id: str
    state: Delivery
    links: Links = Field(description="The question: its `delivery` says what came of it.")
