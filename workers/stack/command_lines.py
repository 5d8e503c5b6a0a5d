"""The command lines of the stack's own processes; `docker-compose.yml` has the same."""

import sys
from pathlib import Path


def commands(folder: Path) -> dict[str, list[str]]:
    """The command lines of the workers and the API, by name."""
    celery = [sys.executable, "-m", "celery", "-A", "workers.app"]
    worker = [*celery, "worker", "--pool", "threads"]
    drain = ["--concurrency", "4", "--queues", "ingest", "--hostname", "drain@%h"]
    calls = ["--concurrency", "16", "--queues", "callbacks,periodic", "--hostname", "callbacks@%h"]
    api = [sys.executable, "-m", "gunicorn", "-c", "python:api.gunicorn"]
    return {
        "worker": [*worker, *drain],
        "callbacks": [*worker, *calls],
        "beat": [*celery, "beat", "--schedule", str(folder / "beat-schedule")],
        "api": [*api, "api.server:create_app()"],
    }
