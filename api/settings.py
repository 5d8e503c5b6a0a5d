"""Settings of the API process."""

from typing import Annotated

from pydantic import Field

from workers.contracts.settings import Positive, QueueSettings


class ApiSettings(QueueSettings):
    """Everything the API reads. Read from `ATENDE_*` and an `.env` file."""

    host: str = Field("127.0.0.1", description="Address that the API listens on.")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        8080, description="Port that the API listens on."
    )
    threads: Annotated[int, Field(ge=4, le=1024)] = Field(
        64, description="Requests served at the same time; three quarters of them may be waiting."
    )
    max_body_mb: Positive = Field(8, description="Largest body of a request, in MiB.")
    max_question_chars: Positive = Field(4000, description="Longest question, in characters.")
    max_metadata_bytes: Positive = Field(4096, description="Longest `metadata`, as JSON in UTF-8.")
    batch_limit: Positive = Field(1000, description="Most questions of one batch.")
    max_wait_seconds: Annotated[float, Field(ge=0, le=300)] = Field(
        30.0, description="Longest long poll; a longer `wait` is cut to it."
    )
    chat_wait_seconds: Annotated[float, Field(ge=0, le=600)] = Field(
        55.0,
        description="Longest wait for the answer of a chat completion; below the minute after "
        "which many proxies give up.",
    )
    expires_in_seconds: Positive | None = Field(
        24 * 3600,
        description="Seconds after which a question that no worker took expires, where its asker "
        "says nothing; JSON null: never.",
    )
    lane_full_retry_seconds: Positive = Field(
        30, description="`Retry-After` of an asker whose lane is full."
    )
    ready_queue_age_seconds: Positive = Field(
        600, description="Age of the oldest interactive question at which `/readyz` says 503."
    )
    access_log: bool = Field(default=True, description="Log one line per request.")

    @property
    def most_long_polls(self) -> int:
        """Long polls at the same time; the threads beyond them serve everyone else."""
        return self.threads * 3 // 4
