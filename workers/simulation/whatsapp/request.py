"""What is posted to `/messages`: a message to a patient, or the mark that one was read."""

from typing import Literal

from pydantic import ValidationError, model_validator
from pydantic_core import PydanticCustomError

from workers.simulation.whatsapp.parts import (
    Context,
    Interactive,
    Limited512,
    Location,
    Media,
    Part,
    Reaction,
    TemplateUse,
    Text,
)
from workers.simulation.whatsapp.refusal import Refusal
from workers.simulation.whatsapp.wrong_fields import refusal_of


class Send(Part):
    """A message to one patient."""

    messaging_product: Literal["whatsapp"]
    type: Literal[
        "text", "image", "audio", "video", "document", "sticker", "location", "reaction",
        "interactive", "template",
    ]  # fmt: skip
    recipient_type: Literal["individual"] = "individual"
    to: str | None = None
    recipient: str | None = None
    context: Context | None = None
    biz_opaque_callback_data: Limited512 | None = None
    text: Text | None = None
    image: Media | None = None
    audio: Media | None = None
    video: Media | None = None
    document: Media | None = None
    sticker: Media | None = None
    location: Location | None = None
    reaction: Reaction | None = None
    interactive: Interactive | None = None
    template: TemplateUse | None = None

    @model_validator(mode="after")
    def _content(self) -> "Send":
        if getattr(self, self.type) is None:
            raise PydanticCustomError("no_content", "{what}", {"what": self.type})
        if self.to is None and self.recipient is None:
            raise PydanticCustomError("no_content", "to")
        return self


class Typing(Part):
    """The mark that somebody writes."""

    type: Literal["text"]


class ReadMark(Part):
    """A patient's message was read; with a typing mark, an answer is on its way."""

    messaging_product: Literal["whatsapp"]
    status: Literal["read"]
    message_id: str
    typing_indicator: Typing | None = None


def read(body: object) -> Send | ReadMark:
    """The request in a body.

    Raises:
        Refusal: as Meta refuses it.
    """
    if not isinstance(body, dict):
        raise Refusal(100, message="(#100) The request body is no JSON object.")
    model: type[Send | ReadMark] = ReadMark if "status" in body else Send
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise refusal_of(error.errors()[0]) from error
