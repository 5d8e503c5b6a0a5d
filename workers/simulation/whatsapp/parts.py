"""The objects inside a message that is posted, with Meta's limits of each field.

Lengths are counted in UTF-16 units, the strictest reading of an undocumented unit.
https://developers.facebook.com/documentation/business-messaging/whatsapp/reference/whatsapp-business-phone-number/message-api
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

#: Units of UTF-16 of a text's body.
TEXT_LIMIT = 4096


def utf16(text: str) -> int:
    """Units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _upto(most: int) -> Any:  # noqa: ANN401 - pydantic's marks have no common type
    def check(text: str) -> str:
        if not text.strip():
            raise PydanticCustomError("empty_text", "is empty")
        if utf16(text) > most:
            raise PydanticCustomError("long_text", "{most}", {"most": most})
        return text

    return AfterValidator(check)


Limited20 = Annotated[str, _upto(20)]
Limited24 = Annotated[str, _upto(24)]
Limited60 = Annotated[str, _upto(60)]
Limited72 = Annotated[str, _upto(72)]
Limited200 = Annotated[str, _upto(200)]
Limited256 = Annotated[str, _upto(256)]
Limited512 = Annotated[str, _upto(512)]
Limited1024 = Annotated[str, _upto(1024)]


class Part(BaseModel):
    """An object of the body: no other fields, no other types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Text(Part):
    """Words."""

    body: Annotated[str, _upto(TEXT_LIMIT)]
    preview_url: bool = False


class Context(Part):
    """The message that is answered."""

    message_id: str


class Media(Part):
    """A picture, a sound, a film, a sticker or a document."""

    id: str | None = None
    link: str | None = None
    caption: Limited1024 | None = None
    filename: str | None = None

    @model_validator(mode="after")
    def _one_source(self) -> "Media":
        if (self.id is None) == (self.link is None):
            raise PydanticCustomError("one_of", "needs one of 'id' and 'link'")
        return self


class Reaction(Part):
    """A mark on a message; no emoji takes it back."""

    message_id: str
    emoji: str = ""


class Location(Part):
    """A place."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


class Header(Part):
    """Stands above an interactive message."""

    type: Literal["text", "image", "video", "document"]
    text: Limited60 | None = None
    image: Media | None = None
    video: Media | None = None
    document: Media | None = None


class Body(Part):
    """The words of an interactive message."""

    text: Limited1024


class Footer(Part):
    """Stands below an interactive message."""

    text: Limited60


class ButtonReply(Part):
    """What a button says, and what comes back."""

    id: Limited256
    title: Limited20


class Button(Part):
    """A reply button."""

    type: Literal["reply"]
    reply: ButtonReply


class Row(Part):
    """A line of a list."""

    id: Limited200
    title: Limited24
    description: Limited72 | None = None


class Section(Part):
    """Rows of a list with a title."""

    title: Limited24 | None = None
    rows: Annotated[list[Row], Field(min_length=1, max_length=10)]


class LinkParameters(Part):
    """Where a link button leads."""

    display_text: Limited20
    url: Annotated[str, Field(pattern=r"^https?://\S+$")]


class Action(Part):
    """Buttons, a list or a link."""

    buttons: Annotated[list[Button], Field(min_length=1, max_length=3)] | None = None
    button: Limited20 | None = None
    sections: Annotated[list[Section], Field(min_length=1, max_length=10)] | None = None
    name: Literal["cta_url"] | None = None
    parameters: LinkParameters | None = None

    @model_validator(mode="after")
    def _bounds(self) -> "Action":
        choices = self.choices
        if len(choices) > 10:  # noqa: PLR2004 - Meta's limit, over all sections
            raise PydanticCustomError("too_many_rows", "Total row count exceed max allowed: 10")
        if len({name for name, _ in choices}) < len(choices):
            raise PydanticCustomError("same_id", "Duplicate ids")
        if self.buttons and len({title for _, title in choices}) < len(choices):
            raise PydanticCustomError("same_title", "Duplicate button titles")
        return self

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Id and title of all that can be tapped."""
        buttons = [(one.reply.id, one.reply.title) for one in self.buttons or []]
        rows = [(row.id, row.title) for section in self.sections or [] for row in section.rows]
        return buttons + rows


class Interactive(Part):
    """A message with something to tap."""

    type: Literal["button", "list", "cta_url"]
    body: Body
    action: Action
    header: Header | None = None
    footer: Footer | None = None

    @model_validator(mode="after")
    def _fits(self) -> "Interactive":
        needs = {"button": "buttons", "list": "sections", "cta_url": "parameters"}[self.type]
        if getattr(self.action, needs) is None:
            raise PydanticCustomError("needs", "{what} is required", {"what": needs})
        return self


class Language(Part):
    """A template's."""

    code: str
    policy: Literal["deterministic"] = "deterministic"


class Parameter(Part):
    """A value of a template."""

    type: Literal["text"]
    text: Limited1024


class Component(Part):
    """The values of one part of a template; here the body alone takes any."""

    type: Literal["body"]
    parameters: list[Parameter]


class TemplateUse(Part):
    """A template with its values."""

    name: str
    language: Language
    components: list[Component] = []

    @property
    def values(self) -> list[str]:
        """The body's."""
        return [one.text for component in self.components for one in component.parameters]
