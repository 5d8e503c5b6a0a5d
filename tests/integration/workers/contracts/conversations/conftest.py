"""One patient's chat on a real server."""

from typing import TYPE_CHECKING

import pytest

from tests.chat import Chat
from workers.contracts.conversations import ConversationStore

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench


@pytest.fixture
def chat(bench: "Bench") -> Chat:
    return Chat(bench, ConversationStore(bench.redis, bench.settings))
