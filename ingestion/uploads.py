"""One file that came over the network: the same steps as a folder's, for its bytes alone."""

from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.knowledge.base import Knowledge
from ingestion.parsing import suffix_of
from ingestion.pipeline import carry_out, known_to
from ingestion.plan import Plan, decide, kept, left_out, now_of
from ingestion.progress import Progress, Steps
from ingestion.report import FileRow, Status
from ingestion.sources import Skipped, digest, judge

#: The origin of uploaded documents. No folder has this path, so none forgets them.
UPLOAD = "upload"


def ingest_upload(
    data: bytes,
    name: str,
    tenant: str,
    knowledge: Knowledge,
    progress: Progress = lambda _: None,
) -> FileRow:
    """Bring one document to these bytes; the row says what became of it.

    Args:
        data: the file.
        name: the document's name, `/` between its folders; it needs not be a file's.
        tenant: the clinic that it belongs to.
        knowledge: where it goes.
        progress: told every step.

    Raises:
        BusyError: another process changes the tenant's documents.
        KnowledgeError: the store fails; a repeat resumes.
    """
    with TemporaryDirectory(prefix="atende-") as folder, knowledge.exclusive(tenant):
        path = Path(folder, "upload" + suffix_of(name))
        path.write_bytes(data)
        item = judge(path, name, path.parent, knowledge.settings.max_file_mb)
        if isinstance(item, Skipped):
            return left_out(item, {})
        known, now = known_to(tenant, knowledge), now_of(knowledge.settings, UPLOAD)
        (task,) = decide([item], {name: digest(data)}, (), known, now)
        if task.before and task.status is Status.UNCHANGED:
            return kept(task.before, Status.UNCHANGED)
        steps = Steps(1, progress)
        carry_out(Plan(Path(UPLOAD), (task,), (), (), 1), tenant, knowledge, known, steps)
        return steps.rows[0]
