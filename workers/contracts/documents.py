"""The list of each clinic's documents in Redis: what the API shows, and what it hands in.

It mirrors the knowledge base, which only workers open, and repairs itself: jobs update it as they
end, and workers compare it with the knowledge base whenever that has changed.
"""

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, cast

from redis.client import NEVER_DECODE

from workers.contracts import jobs, keys, logs, scripts
from workers.contracts.api_keys import ApiKeys
from workers.contracts.document_names import document_id
from workers.contracts.errors import RecordError
from workers.contracts.record import Record

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

_log = logs.logger(__name__)
MIB = 1024 * 1024
#: Documents read or written by one call.
_MOST_PER_CALL = 500
#: The origin of a document that came over the API.
UPLOAD = "upload"


class DocumentState(StrEnum):
    """Where a document stands."""

    QUEUED = "queued"
    INGESTING = "ingesting"
    READY = "ready"
    FAILED = "failed"
    REMOVING = "removing"


class Force(StrEnum):
    """Whether a document is in force, and if not, why: then no question is answered from it."""

    IN_FORCE = "in_force"
    RETIRED = "retired"
    NOT_YET = "not_yet"
    ENDED = "ended"
    REPLACED = "replaced"


class Document(Record):
    """A document as the list knows it. Times are Unix seconds.

    Attributes:
        state: of the last request; an earlier version may be searchable meanwhile.
        reason: why it failed or waits, or what of it could not be read; usually empty.
        origin: `upload`, or the folder that it came from.
        digest: sha256 of the version that is searchable; empty before the first.
        indexed_at: when that version was written.
        job: the job that will change it; empty for none.
        bytes: size of the file, where it was uploaded.
        force: whether it is in force; of the version that is searchable.
        force_day: its first day where it is not in force yet, its last where it no longer is.
        replaced_by: name of the document that replaces it.
        valid_from: its first day, where one is said.
        valid_until: its last day, likewise.
        replaces: name of the document that it says it replaces.
    """

    id: str
    tenant: str
    name: str
    state: DocumentState
    reason: str = ""
    title: str = ""
    pages: int | None = None
    chunks: int = 0
    origin: str = ""
    digest: str = ""
    indexed_at: float | None = None
    updated_at: float
    job: str = ""
    bytes: int | None = None
    force: Force = Force.IN_FORCE
    force_day: date | None = None
    replaced_by: str = ""
    valid_from: date | None = None
    valid_until: date | None = None
    replaces: str = ""

    @classmethod
    def from_hash(cls, raw: Mapping[str, str]) -> Self:
        """Read the Redis hash of one document; an empty field counts as missing.

        Raises:
            RecordError: it was written by another version, or is damaged.
        """
        fields = {k: v for k, v in raw.items() if v != ""}
        return cls.read(fields, f"document {raw.get('id', '')}")


class Verdict(StrEnum):
    """What became of an upload or a removal that was handed in."""

    ACCEPTED = "accepted"
    REPEATED = "repeated"  #: the same is in line already
    FULL = "full"  #: too many bytes of this clinic wait
    UNKNOWN = "unknown"  #: there is no such document to remove


@dataclass(frozen=True, slots=True)
class Page:
    """Documents in the order of their names; `after` is where the next page begins, if any."""

    documents: list[Document]
    after: str | None


class DocumentStore:
    """Documents in Redis. Every change is one step."""

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self._redis = redis
        self._settings = settings
        self._hand_in = redis.register_script(scripts.source("jobs/hand_in"))
        self._mirror = redis.register_script(scripts.source("jobs/mirror"))
        self._drop = redis.register_script(scripts.source("jobs/drop"))

    # -- what the API hands in ------------------------------------------------------------------

    def upload(
        self, tenant: str, name: str, data: bytes, validity: Mapping[str, str] | None = None
    ) -> Verdict:
        """Accept a file: its bytes and a job for it, all or none.

        Args:
            tenant: the clinic.
            name: a checked one.
            data: the file.
            validity: what is said of it: `valid_from`, `valid_until`, `replaces`.
        """
        args = {"name": name, **({"validity": dict(validity)} if validity else {})}
        said = json.dumps(args["validity"], sort_keys=True) if validity else ""
        digest = hashlib.sha256(data + said.encode()).hexdigest()
        return self._hand_in_job(tenant, name, "upload", args, (digest, data))

    def remove(self, tenant: str, name: str) -> Verdict:
        """Accept the removal of a document."""
        return self._hand_in_job(tenant, name, "remove", {"name": name}, ("", b""))

    def _hand_in_job(
        self,
        tenant: str,
        name: str,
        kind: str,
        args: Mapping[str, Any],
        sent: tuple[str, bytes],
    ) -> Verdict:
        job, document = jobs.new_id(), document_id(tenant, name)
        verdict, _ = self._hand_in(
            keys=[
                keys.JOBS,
                keys.document(document),
                keys.documents(tenant),
                keys.job(job),
                keys.upload(job),
            ],
            args=[
                job,
                document,
                tenant,
                name,
                kind,
                json.dumps(args),
                *sent,
                self._settings.upload_hours * 3600,
                self._settings.waiting_uploads_mb * MIB,
                jobs.ENDED_KEPT_SECONDS,
                jobs.documents_subject(tenant),
            ],
        )
        return Verdict(verdict)

    def content(self, job_id: str) -> bytes | None:
        """The uploaded bytes that a job is to read; None where they have expired."""
        execute = cast("Any", self._redis).execute_command
        return cast("bytes | None", execute("GET", keys.upload(job_id), **{NEVER_DECODE: []}))

    # -- what the API and the commands read -----------------------------------------------------

    def get(self, tenant: str, id_or_name: str) -> Document | None:
        """A document by its id or its name, of this tenant alone; accents in either form."""
        name = unicodedata.normalize("NFC", id_or_name)  # as names are stored
        for candidate in (id_or_name, document_id(tenant, name)):
            raw = cast("dict[str, str]", self._redis.hgetall(keys.document(candidate)))
            if raw and raw.get("tenant") == tenant:
                return Document.from_hash(raw)
        return None

    def page(self, tenant: str, limit: int, after: str = "") -> Page:
        """Up to `limit` documents whose names come after `after`."""
        low = f"({after}" if after else "-"
        names = cast(
            "list[str]",
            self._redis.zrange(
                keys.documents(tenant), cast("Any", low), cast("Any", "+"), bylex=True,
                offset=0, num=limit + 1,
            ),
        )  # fmt: skip
        documents = list(self._read(tenant, names[:limit]))
        return Page(documents, names[limit - 1] if len(names) > limit else None)

    def all(self, tenant: str) -> Iterator[Document]:
        """Every document of a tenant."""
        after: str | None = ""
        while after is not None:
            page = self.page(tenant, _MOST_PER_CALL, after)
            yield from page.documents
            after = page.after

    def version(self, tenant: str) -> str | None:
        """Version of the knowledge base that the list was last brought to."""
        return cast("str | None", self._redis.hget(keys.MIRRORED, tenant))

    def _read(self, tenant: str, names: Sequence[str]) -> Iterator[Document]:
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.hgetall(keys.document(document_id(tenant, name)))
        for raw in filter(None, pipe.execute()):
            try:
                yield Document.from_hash(raw)
            except RecordError as error:  # the others are listed all the same
                _log.error("document_unreadable", document=raw.get("id"), error=str(error))

    # -- what workers write ---------------------------------------------------------------------

    def now_ms(self) -> int:
        """The server's clock, for `drop`."""
        seconds, micros = self._redis.time()
        return seconds * 1000 + micros // 1000

    def put(self, tenant: str, rows: Iterable[Mapping[str, str]]) -> None:
        """Set these fields of documents, `name` and `state` among them; see `mirror.lua`."""
        batch = [{"id": document_id(tenant, row["name"]), **row} for row in rows]
        for start in range(0, len(batch), _MOST_PER_CALL):
            part = json.dumps(batch[start : start + _MOST_PER_CALL])
            self._mirror(keys=[keys.documents(tenant)], args=[tenant, part])

    def drop(self, tenant: str, names: Sequence[str], read_ms: int) -> None:
        """Take out documents that the knowledge base, read at `read_ms`, does not hold."""
        for start in range(0, len(names), _MOST_PER_CALL):
            part = names[start : start + _MOST_PER_CALL]
            ids = [document_id(tenant, name) for name in part]
            self._drop(keys=[keys.documents(tenant)], args=[read_ms, *ids])

    def mark(self, tenant: str, version: str) -> None:
        """Remember that the list was brought to this version of the knowledge base."""
        self._redis.hset(keys.MIRRORED, tenant, version)

    def tenants(self) -> set[str]:
        """Clinics whose list may be requested: those with a key, and those listed before."""
        holders = {access.tenant for access in ApiKeys(self._redis).all().values()}
        return holders | set(cast("list[str]", self._redis.hkeys(keys.MIRRORED)))
