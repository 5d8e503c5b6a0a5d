"""One file that came over the network: the same steps as a folder's, for its bytes alone."""

from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.knowledge.base import Knowledge
from ingestion.pipeline import Job, Progress, _row
from ingestion.report import Event, FileRow
from ingestion.sources import _judge

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
        name: the document's name, `/` between its folders; only its ending reaches the disk.
        tenant: the clinic that it belongs to.
        knowledge: where it goes.
        progress: told every step.

    Raises:
        KnowledgeError: the store fails; a repeat resumes.
    """
    known = {each.name: each for each in knowledge.documents(tenant) if each.name == name}
    with TemporaryDirectory(prefix="atende-") as folder:
        path = Path(folder, "upload" + Path(name).suffix.lower())
        path.write_bytes(data)
        job = Job(path, Path(UPLOAD), tenant, knowledge, known, again=False)
        item = _judge(path, name, path.parent, knowledge.settings.max_file_mb)
        return _row(item, job, Event(done=0, total=1, name=name), progress)
