"""A chat completion, in and out, as OpenAI's clients send and read it.

What would change the answer's meaning and cannot be had is refused; what only tunes a model is
taken and left aside, since the clinic decides how its model writes. A field that OpenAI does not
have is refused as OpenAI does: it may be a typing error.
"""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from api.schemas import Links, link
from workers.contracts.question import (
    Citation,
    Outcome,
    Question,
    Shared,
    Status,
    Timings,
    Usage,
    Way,
)

#: The one model that this API has, whichever the clinic runs behind it.
MODEL: Final = "atende"
#: Unix seconds; OpenAI's lists have such a field, and nothing here depends on it.
MODEL_CREATED: Final = 1_767_225_600


def _only(*allowed: object, why: str) -> AfterValidator:
    """Takes these values of a field alone; `why` says what to do."""

    def check(value: object) -> object:
        if value is not None and value not in allowed:
            raise ValueError(why)
        return value

    return AfterValidator(check)


_NO_TOOLS: Final = "no tools are called: leave it out"
_NO_AUDIO: Final = "answers are text alone: leave it out"
_NO_FORM: Final = "answers are in the clinic's words, in no other form: leave it out"
_NO_JUDGEMENT: Final = "nothing is moderated by another model: leave it out"
_NO_ODDS: Final = "an answer may be quoted, so there are no probabilities: leave it out"
_Ignored = Annotated[Any, Field(description="Taken, and without effect.")]


class ChatPart(BaseModel):
    """A part of a message; of the question all must be text."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str
    text: str | None = None


class ChatMessage(BaseModel):
    """One message of a chat."""

    model_config = ConfigDict(extra="allow", frozen=True)

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ChatPart] | None = None


class StreamOptions(BaseModel):
    """How a stream is sent."""

    model_config = ConfigDict(extra="allow", frozen=True)

    include_usage: bool | None = None


class ChatIn(BaseModel):
    """A chat whose last message is the question."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    model: str = Field(description=f"`{MODEL}`.", examples=[MODEL])
    messages: list[ChatMessage] = Field(
        min_length=1,
        description="The last one is the user's: the question. Earlier ones say what it goes on "
        "from. Messages of `system` and `developer` are not obeyed.",
        examples=[[{"role": "user", "content": "Preciso de jejum para o exame de sangue?"}]],
    )
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    metadata: dict[str, str] | None = Field(
        None, description="Kept with the question and given back by `GET /v1/questions/{id}`."
    )

    n: Annotated[int | None, _only(1, why="there is one answer: leave it out")] = None
    tools: Annotated[list[Any] | None, _only([], why=_NO_TOOLS)] = None
    tool_choice: Annotated[Any, _only("none", "auto", why=_NO_TOOLS)] = None
    functions: Annotated[list[Any] | None, _only([], why=_NO_TOOLS)] = None
    function_call: Annotated[Any, _only("none", "auto", why=_NO_TOOLS)] = None
    web_search_options: Annotated[Any, _only(why=_NO_TOOLS)] = None
    audio: Annotated[Any, _only(why=_NO_AUDIO)] = None
    modalities: Annotated[list[Any] | None, _only(["text"], why=_NO_AUDIO)] = None
    response_format: Annotated[Any, _only({"type": "text"}, why=_NO_FORM)] = None
    moderation: Annotated[Any, _only(why=_NO_JUDGEMENT)] = None
    logprobs: Annotated[bool | None, _only(0, why=_NO_ODDS)] = None
    top_logprobs: Annotated[int | None, _only(0, why=_NO_ODDS)] = None

    frequency_penalty: _Ignored = None
    logit_bias: _Ignored = None
    max_completion_tokens: _Ignored = None
    max_tokens: _Ignored = None
    parallel_tool_calls: _Ignored = None
    prediction: _Ignored = None
    presence_penalty: _Ignored = None
    prompt_cache_key: _Ignored = None
    prompt_cache_options: _Ignored = None
    prompt_cache_retention: _Ignored = None
    reasoning_effort: _Ignored = None
    safety_identifier: _Ignored = None
    seed: _Ignored = None
    service_tier: _Ignored = None
    stop: _Ignored = None
    store: _Ignored = None
    temperature: _Ignored = None
    top_p: _Ignored = None
    user: _Ignored = None
    verbosity: _Ignored = None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the tokens."""
        return bool(self.stream_options and self.stream_options.include_usage)


class AtendeOut(BaseModel):
    """What OpenAI's form has no place for: what became of the question, and where it stands.

    A bot sends the text in every case, and calls a person for each `status` but `answered`.
    """

    id: str
    status: Status
    reason: str | None
    way: Way | None
    citations: tuple[Citation, ...]
    language: str | None
    model: str | None
    knowledge_version: str | None
    shared: Shared | None
    timings: Timings
    links: Links

    @classmethod
    def of(cls, question_id: str, outcome: Outcome) -> Self:
        """Show an outcome, without what must not reach a patient."""
        fields = outcome.model_dump(include={*cls.model_fields})
        return cls.model_validate(
            {**fields, "id": question_id, "links": Links(self=link(question_id))}
        )


class TokenDetails(BaseModel):
    """Which tokens of the prompt were known."""

    cached_tokens: int


class UsageOut(BaseModel):
    """Tokens of one answer: none where it was quoted, or answered for an identical question."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: TokenDetails

    @classmethod
    def of(cls, usage: Usage) -> Self:
        """Show the tokens."""
        return cls(
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            total_tokens=usage.prompt_tokens + usage.completion_tokens,
            prompt_tokens_details=TokenDetails(cached_tokens=usage.cached_tokens),
        )


FinishReason = Literal["stop", "length"]


class AssistantMessage(BaseModel):
    """The answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None


class Choice(BaseModel):
    """The one choice."""

    index: Literal[0] = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: FinishReason


class ChatCompletionOut(BaseModel):
    """A chat completion. Where the question ended without an answer, its text says so."""

    model_config = ConfigDict(
        openapi_extra={"content": {"text/event-stream": {"schema": {"type": "string"}}}},  # type: ignore[typeddict-unknown-key]
    )

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: Literal["atende"] = MODEL
    choices: tuple[Choice]
    usage: UsageOut
    atende: AtendeOut

    @classmethod
    def of(cls, question: Question, outcome: Outcome) -> Self:
        """Show an ended question."""
        finish: FinishReason = "length" if outcome.finish_reason == "length" else "stop"
        message = AssistantMessage(content=outcome.text)
        return cls(
            id=f"chatcmpl-{question.id}",
            created=int(question.request.asked_at),
            choices=(Choice(message=message, finish_reason=finish),),
            usage=UsageOut.of(outcome.usage),
            atende=AtendeOut.of(question.id, outcome),
        )


class ModelOut(BaseModel):
    """A model, as OpenAI lists it."""

    id: str = MODEL
    object: Literal["model"] = "model"
    created: int = MODEL_CREATED
    owned_by: str = "atende"


class ModelsOut(BaseModel):
    """The list of models."""

    object: Literal["list"] = "list"
    data: tuple[ModelOut, ...] = (ModelOut(),)
