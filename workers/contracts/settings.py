"""Settings of the queue: those that the API and the workers must agree on."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Positive = Annotated[int, Field(gt=0)]


class QueueSettings(BaseSettings):
    """Where the queue is and what it may hold. Read from `ATENDE_*` and an `.env` file."""

    model_config = SettingsConfigDict(
        env_prefix="ATENDE_", env_file=".env", extra="ignore", frozen=True
    )

    redis_url: str = Field(
        "redis://127.0.0.1:6379/0", description="Redis 7.2+ or Valkey; the queue and every record."
    )
    broker_url: str | None = Field(
        None, description="Celery's broker. The default is database 1 of `ATENDE_REDIS_URL`."
    )
    data_dir: Path = Field(
        Path(".atende"), description="What the embedded stack keeps: queue, vectors, keys, logs."
    )
    channels_dir: Path = Field(
        default_factory=lambda settings: settings["data_dir"] / "channels",
        description="Folder of the channels' files, one each, readable by their owner alone: they "
        "hold secrets. The default: `channels` in `ATENDE_DATA_DIR`.",
    )
    secret: SecretStr = Field(
        SecretStr(""),
        description="Master secret; each tenant's callback secret is derived from it. "
        "`atende up` makes one at the first start.",
    )
    queue_limit: Positive = Field(
        200_000, description="Questions that may wait in one lane before the API answers 429."
    )
    inbound_limit: Positive = Field(
        100_000,
        description="Posts of channels that may wait to be read before the API answers 503; Meta "
        "sends them again for days.",
    )
    retention_hours: Positive = Field(24 * 30, description="Hours that an ended question is kept.")
    idempotency_hours: Positive = Field(
        24, description="Hours that an `Idempotency-Key` is remembered."
    )
    max_upload_mb: Positive = Field(
        20, description="Largest upload of documents, all files of one request together, in MiB."
    )
    waiting_uploads_mb: Positive = Field(
        200,
        description="Uploads of one clinic that may wait in Redis, in MiB; then 429. A file counts "
        "as 4 KiB at least.",
    )
    upload_hours: Positive = Field(
        72, description="Hours that an uploaded file waits for a worker; then it fails."
    )
    backfill_rows: Positive = Field(
        200_000,
        description="Rows of one clinic's backfills that are kept at the same time; more are "
        "refused.",
    )
    callback_allow_private: bool = Field(
        default=False,
        description="Allow callbacks to loopback and private addresses (trials and tests).",
    )
