"""A job that runs, in a worker or in a command, with all that it may use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from ingestion.knowledge.base import Knowledge
from ingestion.pipeline import Target
from ingestion.settings import IngestionSettings
from workers.contracts.backfills import BackfillStore
from workers.contracts.documents import DocumentStore


@dataclass(frozen=True, slots=True)
class Records:
    """What jobs change in Redis beside the knowledge base: the list of documents, and backfills."""

    documents: DocumentStore
    backfills: BackfillStore


@dataclass(frozen=True, slots=True)
class RunningJob:
    """One job while it runs.

    Attributes:
        tenant: the clinic.
        args: what the kind needs.
        knowledge: the knowledge base, open.
        settings: how files are read and cut.
        note: called often with the progress; it raises where the job must stop.
        documents: the list in Redis; None in a command that works without Redis.
        backfills: those in Redis; likewise.
        id: the job's id; empty in a command.
    """

    tenant: str
    args: Mapping[str, Any]
    knowledge: Knowledge
    settings: IngestionSettings
    note: Callable[[BaseModel], None]
    documents: DocumentStore | None = None
    backfills: BackfillStore | None = None
    id: str = ""

    @property
    def target(self) -> Target:
        """Where an ingestion's documents go."""
        validity = self.args.get("validity", {})
        return Target(self.tenant, self.knowledge, self.settings, validity)
