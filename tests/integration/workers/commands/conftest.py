"""The API that the commands call, as a server on this machine."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from api.server import create_app
from api.settings import ApiSettings
from workers.contracts.settings import QueueSettings


@pytest.fixture
def api_url(
    queue_settings: QueueSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Where the API answers; its channels are those of the test's folder."""
    monkeypatch.setenv("ATENDE_REDIS_URL", queue_settings.redis_url)
    monkeypatch.setenv("ATENDE_DATA_DIR", str(tmp_path))
    app = create_app(ApiSettings())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()
    app.extensions["atende"].redis.close()
