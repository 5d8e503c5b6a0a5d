"""What a job is done with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from ingestion.knowledge.base import Knowledge
from ingestion.pipeline import Target
from ingestion.settings import IngestionSettings
from workers.contracts.documents import DocumentStore


class JobError(Exception):
    """A job cannot be done. The message is for the user: what happened, what to do."""


@dataclass(frozen=True, slots=True)
class Work:
    """One job at work.

    Attributes:
        tenant: the clinic.
        args: what the kind needs.
        knowledge: the knowledge base, open.
        settings: how files are read and cut.
        note: told how far it is, often; ends the work by an exception where it must stop.
        documents: the list in Redis; None in a command that works without Redis.
        id: the job's id; empty in a command.
    """

    tenant: str
    args: Mapping[str, Any]
    knowledge: Knowledge
    settings: IngestionSettings
    note: Callable[[BaseModel], None]
    documents: DocumentStore | None = None
    id: str = ""

    @property
    def target(self) -> Target:
        """Where an ingestion's documents go."""
        return Target(self.tenant, self.knowledge, self.settings)
