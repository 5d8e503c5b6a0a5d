"""`atende doctor`: each part of the system, whether it works, and how to repair what does not."""

import re
import sys
from collections.abc import Callable, Iterator

import psutil
import redis
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingestion.knowledge.base import open_knowledge
from ingestion.knowledge.errors import KnowledgeError, StoreInUseError
from ingestion.knowledge.search.calibration import Calibration
from ingestion.parsing.pdf.ocr import tesseract_data
from workers.answering.errors import TemplateError
from workers.answering.templates import Templates
from workers.commands.support.embedding import COMMAND
from workers.commands.support.errors import exit_on_error
from workers.commands.support.finding import Finding, findings_table
from workers.commands.support.model_findings import model_findings
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import connect
from workers.contracts.drains import live_drains
from workers.engine.plan import SECRET_ARGUMENTS
from workers.monitor.status import state as drain_state
from workers.stack import valkey
from workers.stack.ports import holder
from workers.stack.running_stack import RunningStack, running_stack
from workers.stack.settings import LocalSettings, load_settings

#: Oldest server that has what the scripts use.
_REDIS = (7, 2)
#: User and password in a URL.
_PASSWORD = re.compile(r"//[^@/]*@")


@exit_on_error("atende doctor")
def doctor(*, every_setting: bool = False) -> None:
    """Check each part that Atende would use, and say how to repair what fails.

    Args:
        every_setting: first print each setting with its variable, value and meaning.
    """
    console = Console()
    settings = load_settings()
    if every_setting:
        console.print(settings_table(settings))
    findings = list(examine(settings))
    console.print(findings_table(findings))
    sys.exit(0 if all(finding.good for finding in findings) else 1)


def settings_table(settings: LocalSettings) -> Table:
    """Every setting with the value that is used; secrets are not shown."""
    table = Table(box=None, header_style="bold")
    table.add_column("variable", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_column("what")
    for name, field in sorted(LocalSettings.model_fields.items()):
        value = getattr(settings, name)
        if name == "engine_args":
            value = {key: "(set)" if key in SECRET_ARGUMENTS else value[key] for key in value}
        text = "(set)" if name == "api_key" and value else _PASSWORD.sub("//…@", str(value))
        default = field.get_default(
            call_default_factory=True, validated_data={"data_dir": settings.data_dir}
        )
        style = "bold" if value != default else ""
        variable = Text(f"ATENDE_{name.upper()}", style=style)
        table.add_row(variable, Text(text), Text(field.description or ""))
    return table


def examine(settings: LocalSettings) -> Iterator[Finding]:
    """Check every part; one that fails stops no other."""
    stack = running_stack(settings)
    checks: list[tuple[str, Callable[[LocalSettings, RunningStack | None], Iterator[Finding]]]] = [
        ("memory", _memory),
        ("ports", _ports),
        ("queue", _queue),
        ("knowledge", _knowledge),
        ("scans", _scans),
        ("model", _model),
        ("drains", _drains),
        ("prompts", _prompts),
        ("channels", _channels),
    ]
    for part, check in checks:
        try:
            yield from check(settings, stack)
        except Exception as error:  # noqa: BLE001 - a check that breaks must not end the others
            yield Finding(part, good=False, state=f"{type(error).__name__}: {error}")


def _memory(_settings: LocalSettings, _stack: RunningStack | None) -> Iterator[Finding]:
    memory = psutil.virtual_memory()
    cores = len(psutil.Process().cpu_affinity() or [])
    yield Finding(
        "machine",
        good=True,
        state=f"{cores} cores, {memory.available / 2**30:.1f} GiB of memory free",
    )


def _ports(settings: LocalSettings, stack: RunningStack | None) -> Iterator[Finding]:
    if stack is not None:
        yield Finding("ports", good=True, state=f"`atende up` runs: {stack.url}")
        return
    for port, name in ((settings.port, "ATENDE_PORT"), (settings.queue_port, "ATENDE_QUEUE_PORT")):
        program = holder(port)
        state = f"used by {program}" if program else "free"
        repair = f"Stop it, or set {name} to a free port." if program else ""
        yield Finding(f"port {port}", program is None, state, repair)


def _queue(settings: LocalSettings, stack: RunningStack | None) -> Iterator[Finding]:
    url = stack.redis_url if stack else settings.redis_url
    client = connect(settings.model_copy(update={"redis_url": url}))
    try:
        server = client.info("server")
    except redis.RedisError as error:
        embedded = valkey.binary()
        yield Finding(
            "queue",
            good=stack is None,
            state=f"none at ATENDE_REDIS_URL ({type(error).__name__}); "
            f"`atende up` starts its own: {embedded.name}",
            repair="Start it, or use `atende up`." if stack else "",
        )
        return
    version = str(server["redis_version"])
    good = tuple(int(part) for part in version.split(".")[:2]) >= _REDIS
    repair = "" if good else "Use Redis 7.2+ or Valkey."
    yield Finding("queue", good, f"{server.get('server_name', 'redis')} {version}", repair)
    persistent = client.config_get("appendonly").get("appendonly") == "yes"
    yield Finding(
        "persistence",
        persistent,
        "append-only file" if persistent else "no append-only file",
        ""
        if persistent
        else "Set `appendonly yes`: without it a restart loses accepted questions.",
    )
    if client.config_get("maxmemory-policy").get("maxmemory-policy") != "noeviction":
        yield Finding("eviction", False, "records may be evicted", "Set `noeviction`.")  # noqa: FBT003 - a row of a table


def _knowledge(settings: LocalSettings, _stack: RunningStack | None) -> Iterator[Finding]:
    folder = settings.data_dir / "knowledge"
    where = settings.qdrant_url or f"in process, {folder}"
    if not settings.qdrant_url and not folder.exists():
        yield Finding("knowledge", good=True, state=f"{where}; none yet: `atende ingest` makes it")
        return
    try:
        with open_knowledge(settings) as knowledge:
            documents = len(knowledge.store.documents(settings.tenant))
            calibration = knowledge.calibrations.of(settings.tenant)
            record = knowledge.calibrations.of_embedding()
            vectors = knowledge.embedder.encode_queries(["jejum"]).shape[1]
    except StoreInUseError:
        yield Finding("knowledge", good=True, state=f"{where}; in use by the running worker")
    except KnowledgeError as error:
        yield Finding("knowledge", good=False, state=where, repair=str(error))
    else:
        yield Finding(
            "knowledge", good=True, state=f"{where}; {documents} documents of `{settings.tenant}`"
        )
        yield Finding(
            "embedding",
            good=record is not None,
            state=f"{settings.embedding}, {vectors} dimensions; "
            f"{f'calibration: {record}' if record else 'not calibrated'}",
            repair="" if record else f"Run `{COMMAND}`: its weights in the search are a guess.",
        )
        yield Finding("gate", good=True, state=_gate(settings, calibration))


def _gate(settings: LocalSettings, calibration: Calibration | None) -> str:
    if settings.gate_similarity is not None:
        return f"lowest cosine {settings.gate_similarity} (ATENDE_GATE_SIMILARITY)"
    if calibration is None:
        return "not calibrated: every question goes to the model; see `atende calibrate`"
    return f"calibration: {calibration}"


def _scans(settings: LocalSettings, _stack: RunningStack | None) -> Iterator[Finding]:
    """Whether scanned pages can be read; a clinic without any needs nothing."""
    if settings.ocr == "off":
        yield Finding("scanned pages", good=True, state="not read (ATENDE_OCR=off)")
        return
    folder, languages = tesseract_data(settings.ocr_languages)
    state = f"read in {languages}, {folder}" if languages else "not read: no language data"
    repair = (
        "" if languages else "apt-get install tesseract-ocr tesseract-ocr-por, or ATENDE_OCR=off"
    )
    yield Finding("scanned pages", good=True, state=state, repair=repair)


def _model(settings: LocalSettings, _stack: RunningStack | None) -> Iterator[Finding]:
    yield from model_findings(settings)


def _drains(settings: LocalSettings, stack: RunningStack | None) -> Iterator[Finding]:
    if stack is None:
        yield Finding("drains", good=True, state="no stack runs here")
        return
    drains = live_drains(connect(settings.model_copy(update={"redis_url": stack.redis_url})))
    states = ", ".join(
        f"{drain.model} ({drain_state(drain)}, {drain.in_flight} in flight)" for drain in drains
    )
    logs = settings.data_dir / "logs" / "worker.log"
    yield Finding("drains", bool(drains), states or "none alive", "" if drains else f"See {logs}.")


def _prompts(settings: LocalSettings, _stack: RunningStack | None) -> Iterator[Finding]:
    where = str(settings.prompt_dir or "Atende's own")
    try:
        templates = Templates.load(settings.prompt_dir)
    except TemplateError as error:
        yield Finding("prompts", good=False, state=where, repair=str(error))
    else:
        yield Finding("prompts", good=True, state=f"{where}, version {templates.version}")


def _channels(settings: LocalSettings, _stack: RunningStack | None) -> Iterator[Finding]:
    """The files of the channels; what Meta says of each is asked by `atende channels doctor`."""
    book = ChannelBook.open(settings)
    channels, faults = book.all(), book.faults()
    if not channels and not faults:
        yield Finding("channels", good=True, state=f"none in {settings.channels_dir}")
    for channel in channels:
        if channel.name not in faults:
            state = f"{channel.kind} {channel.contact} for `{channel.tenant}`"
            repair = f"`atende channels doctor {channel.name}` looks further."
            yield Finding(f"channel {channel.name}", good=True, state=state, repair=repair)
    for name, fault in faults.items():
        yield Finding(f"channel {name}", good=False, state="its file is not used", repair=fault)
