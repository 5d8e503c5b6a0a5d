"""What a webhook of Meta's Cloud API may hold, as far as Atende reads it.

Every field is optional, and one of another type counts as missing: a contact without a profile, a
message without a number, a time that is no number have all been sent. What is not read is ignored.
"""

import math
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

_Value = TypeVar("_Value")


def _or_none(value: object, read: ValidatorFunctionWrapHandler) -> object:
    try:
        return read(value)
    except ValidationError:
        return None


def _text(value: object) -> object:
    """A name that Meta cut amid an emoji ends in half a character, which nothing can store."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _moment(value: object) -> object:
    """Unix seconds, sent as a text, a number, or something else."""
    try:
        moment = float(value) if isinstance(value, str | int | float) else math.nan
    except OverflowError:  # a number of 400 digits
        return None
    return moment if math.isfinite(moment) and moment > 0 else None


def _items(value: object) -> object:
    return value if isinstance(value, list) else []


Optional = Annotated[_Value | None, WrapValidator(_or_none)]
Text = Annotated[Optional[str], BeforeValidator(_text)]
Moment = Annotated[Optional[float], BeforeValidator(_moment), WrapValidator(_or_none)]
#: Items that are read one by one, so that a bad one loses no other.
Items = Annotated[list[Any], BeforeValidator(_items)]


class Part(BaseModel):
    """Base of all that is read."""

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)


class Profile(Part):
    """What a person calls himself."""

    name: Text = None
    username: Text = None


class Contact(Part):
    """Who wrote: `wa_id` is missing where the person took a user name."""

    profile: Optional[Profile] = None
    wa_id: Text = None
    user_id: Text = None
    parent_user_id: Text = None


class Body(Part):
    """The text of a message, or a medium with its caption."""

    body: Text = None
    caption: Text = None
    text: Text = None  #: of an order
    id: Text = None


class Reply(Part):
    """A button or an entry of a list that was chosen."""

    id: Text = None
    title: Text = None
    text: Text = None
    payload: Text = None

    @property
    def words(self) -> str:
        """What the person read and chose."""
        return self.title or self.text or self.payload or ""


class Interactive(Part):
    """The reply to a message with buttons, a list, or a form."""

    type: Text = None
    button_reply: Optional[Reply] = None
    list_reply: Optional[Reply] = None


class Context(Part):
    """What a message replies to."""

    id: Text = None
    sender: Text = Field(default=None, alias="from")


class Reaction(Part):
    """An emoji put to a message; none where it was taken back."""

    message_id: Text = None
    emoji: Text = None


class System(Part):
    """A change of a person's number or user id."""

    type: Text = None
    wa_id: Text = None
    new_wa_id: Text = None
    user_id: Text = None
    previous_user_id: Text = None


class Kind(Part):
    """What a message is that the API does not show."""

    type: Text = None


class ErrorPart(Part):
    """An error of Meta's."""

    code: Optional[int] = None
    title: Text = None
    message: Text = None
    error_data: Optional[dict[str, Any]] = None

    @property
    def details(self) -> str:
        """What Meta says of it."""
        return str((self.error_data or {}).get("details") or self.message or self.title or "")


class Change(Part):
    """What became of an earlier message: `message` is its new content."""

    original_message_id: Text = None
    message: Optional["Message"] = None


class Message(Part):
    """One message, of the patient or echoed from the clinic's phone."""

    id: Text = None
    sender: Text = Field(default=None, alias="from")
    from_user_id: Text = None
    to: Text = None
    to_user_id: Text = None
    group_id: Text = None
    timestamp: Moment = None
    type: Text = None
    context: Optional[Context] = None
    text: Optional[Body] = None
    image: Optional[Body] = None
    video: Optional[Body] = None
    document: Optional[Body] = None
    order: Optional[Body] = None
    button: Optional[Reply] = None
    interactive: Optional[Interactive] = None
    reaction: Optional[Reaction] = None
    edit: Optional[Change] = None
    revoke: Optional[Change] = None
    system: Optional[System] = None
    unsupported: Optional[Kind] = None
    biz_opaque_callback_data: Text = None


class Pricing(Part):
    """What a message costs."""

    billable: Optional[bool] = None
    category: Text = None
    type: Text = None


class Status(Part):
    """Where one of our messages stands. Only its id names the message."""

    id: Text = None
    status: Text = None
    timestamp: Moment = None
    biz_opaque_callback_data: Text = None
    pricing: Optional[Pricing] = None
    errors: Items = Field(default_factory=list)


class Metadata(Part):
    """The clinic's own number."""

    phone_number_id: Text = None
    display_phone_number: Text = None


class Value(Part):
    """What changed; its lists are read item by item."""

    metadata: Optional[Metadata] = None
    contacts: Items = Field(default_factory=list)
    messages: Items = Field(default_factory=list)
    statuses: Items = Field(default_factory=list)
    message_echoes: Items = Field(default_factory=list)
    errors: Items = Field(default_factory=list)


Change.model_rebuild()
