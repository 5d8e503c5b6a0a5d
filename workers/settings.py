"""Settings of a worker: the drain, the engine, delivery."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from ingestion.settings import IngestionSettings
from workers.contracts.question import Way
from workers.contracts.settings import Positive, QueueSettings

Seconds = Annotated[float, Field(gt=0)]


class WorkerSettings(IngestionSettings, QueueSettings):
    """Everything a worker process reads. Read from `ATENDE_*` and an `.env` file."""

    # engine
    engine: str = Field(
        "workers.engine.vllm_engine:VllmEngine",
        description="The class that generates, as `module:Class`.",
    )
    model: str = Field(
        "embedded",
        description="`embedded`, `embedded:large` or `embedded:tiny` (made by `atende model "
        "prepare`), a folder, or a hub name.",
    )
    model_dtype: str | None = Field(
        None, description="vLLM's dtype. The default is chosen by what the processor or GPU has."
    )
    engine_args: dict[str, Any] = Field(
        default_factory=dict,
        description="JSON of further vLLM engine arguments; these win over Atende's own.",
    )
    lora: str | None = Field(
        None,
        description="A LoRA adapter that every answer is generated with: a folder, or a hub name.",
    )
    engine_slots: Positive | None = Field(
        None,
        description="Questions generated at the same time. The default: 64 on a CPU, 256 on a GPU.",
    )
    context_tokens: Positive = Field(
        2048, description="Longest prompt and answer together, in the model's tokens."
    )
    answer_tokens: Positive = Field(200, description="Longest answer, in the model's tokens.")
    thinking_tokens: Annotated[int, Field(ge=0)] = Field(
        1024,
        description="Longest thinking of a model whose chat template cannot switch it off, in the "
        "model's tokens, beside context and answer. 0: it is closed before it begins, where the "
        "template opens it.",
    )
    answer: Literal["auto", "write", "quote"] = Field(
        "auto",
        description="How answers are made. `write`: by the model, and checked against the "
        "documents before they are sent; `quote`: the sentences or table rows that answer, in the "
        "documents' own words, without the model; `auto`: quote with an embedded model, whose own "
        "words are seldom right, else write. In both ways a person answers where nothing is sure.",
    )
    temperature: Annotated[float, Field(ge=0, le=2)] = Field(
        0.0, description="Sampling temperature; 0 takes the likeliest token each time."
    )
    generate_seconds: Seconds = Field(
        600.0,
        description="Longest time of one generation. After it the question fails alone; where "
        "the engine gives no sign of life, the worker ends and its claims are taken over.",
    )
    kv_cache_gib: Annotated[float, Field(gt=0)] = Field(
        2.0, description="Memory for the key-value cache on a CPU, in GiB."
    )

    # prompt
    prompt_dir: Path | None = Field(
        None, description="Folder of a clinic's own prompt templates; missing files fall back."
    )
    rewrite: Literal["off", "model"] = Field(
        "off",
        description="`model`: a question that goes on from others of its conversation is first "
        "rewritten by the model as one that stands alone, and that is searched in place of both "
        "as one text. Where what it wrote cannot be trusted, the search is that of `off`.",
    )
    prompt_style: Literal["auto", "chat", "completion"] = Field(
        "auto", description="`auto`: chat where the model has a chat template, else completion."
    )
    language: Literal["pt", "en"] = Field(
        "pt", description="Language of answers where the question's own is unclear."
    )
    passages: Positive | None = Field(
        None,
        description="Passages that a prompt may carry. The default: 1 for `embedded:tiny`, which "
        "gets lost in more, else 4.",
    )
    gate_similarity: float | None = Field(
        None,
        description="Lowest similarity of the best passage for asking the model: a cosine, less "
        "what the passage is near to any question. Without it the "
        "calibration decides: the clinic's own (`atende calibrate`) or the embedding model's.",
    )

    # questions for chunks
    chunk_questions: Annotated[int, Field(ge=0, le=10)] | Literal["auto"] = Field(
        "auto",
        description="Questions that the model writes for each chunk while nobody waits; a search "
        "finds the chunk by them as by its text. `auto`: 2 with a model that chats, none with one "
        "that only continues texts; 0: none.",
    )
    redraft: bool = Field(
        default=False,
        description="Write the questions of a chunk anew where another model, prompt or number of "
        "questions was used. Without it they stay.",
    )

    # drain
    drain: bool = Field(
        default=False, description="Drain the lanes in this Celery worker: it owns an engine."
    )
    intake: bool = Field(
        default=False,
        description="Read in this Celery worker what channels brought, and ask it: the callbacks "
        "worker's.",
    )
    interactive_reserve: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.25,
        description="Share of the engine's slots that bulk questions never take; none where bulk "
        "yields at once, as it does by default.",
    )
    bulk_yield_seconds: Annotated[float, Field(ge=0)] | Literal["auto", "never"] = Field(
        "auto",
        description="Time for which bulk in flight goes on beside interactive questions before it "
        "yields; what it has generated is kept. `auto`: at once, as each generation slows the "
        "others.",
    )
    bulk_beside: Annotated[float, Field(ge=0, lt=1)] | None = Field(
        None,
        description="Share of the engine's slots in which bulk goes on beside interactive "
        "questions where it yields. The default: none on a CPU, 0.05 on a GPU.",
    )
    bulk_wait_seconds: Annotated[float, Field(ge=0)] = Field(
        900.0,
        description="Age from which bulk questions get `ATENDE_BULK_FLOOR` of the slots even while "
        "interactive ones would fill them.",
    )
    bulk_floor: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.125, description="Share of the engine's slots that overdue bulk questions get."
    )
    coalesce: bool = Field(
        default=True,
        description="Answer identical questions that wait or run at the same time once.",
    )
    answer_cache_seconds: Annotated[float, Field(ge=0)] = Field(
        24 * 3600.0,
        description="Time for which an answer serves later identical questions of its clinic, "
        "while documents, prompt and model stay as they are; 0: not at all.",
    )
    look_ahead: Annotated[float, Field(ge=0, le=2)] = Field(
        0.5, description="Questions retrieved ahead, as a share of the engine's slots."
    )
    retrieval_threads: Positive | None = Field(
        None,
        description="Threads that search, beside the engine. The default: 1 where the engine runs "
        "on the processor, else half of the cores, 4 at most. Bulk leaves one of several free.",
    )
    heartbeat_seconds: Seconds = Field(10.0, description="How often a worker renews its claims.")
    takeover_seconds: Seconds = Field(
        30.0, description="Idle time after which another worker takes a claim over."
    )
    max_claims: Positive = Field(
        3, description="Claims after which a question that never ends fails as poison."
    )
    grace_seconds: Seconds = Field(
        30.0, description="Time for questions in flight at a stop; then they are released."
    )

    # backfills
    backfill_ahead: Positive = Field(
        512,
        description="Rows of backfills that may wait in the lane or be in flight, of all backfills "
        "together.",
    )

    # jobs
    job_lease_seconds: Seconds = Field(
        60.0, description="Time after which a job whose worker died is done again."
    )
    job_attempts: Positive = Field(
        3, description="Attempts after which a job that ends its workers fails as poison."
    )

    # delivery
    callback_timeout_seconds: Seconds = Field(15.0, description="Longest time of one callback.")
    callback_per_host: Positive = Field(
        8, description="Callbacks that one host gets at the same time from one process."
    )
    delivery_lease_seconds: Seconds = Field(
        60.0, description="Time after which a delivery whose task was lost is sent again."
    )

    @property
    def has_embedded_model(self) -> bool:
        """The model is one that `atende model prepare` makes; it must not advise patients."""
        return self.model.partition(":")[0] == "embedded"

    @property
    def most_passages(self) -> int:
        """Passages that a prompt may carry.

        The tiny model's answers on FaQuAD reach 25 % F1 from four passages, 31 % from the first
        alone and 32 % from the right one (`python -m benchmarks.answers --model embedded:tiny`).
        """
        return self.passages or (1 if self.model == "embedded:tiny" else 4)

    @property
    def way(self) -> Way:
        """How answers are made."""
        if self.answer == "auto":
            return Way.QUOTE if self.has_embedded_model else Way.WRITE
        return Way(self.answer)

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if self.takeover_seconds < 2 * self.heartbeat_seconds:
            raise ValueError(
                f"ATENDE_TAKEOVER_SECONDS={self.takeover_seconds:g} must be at least twice "
                f"ATENDE_HEARTBEAT_SECONDS={self.heartbeat_seconds:g}: else live claims are "
                "taken over"
            )
        return self


def broker_url(settings: QueueSettings) -> str:
    """URL of Celery's broker: as set, or database 1 of the server that holds the questions."""
    if settings.broker_url:
        return settings.broker_url
    return urlsplit(settings.redis_url)._replace(path="/1").geturl()
