"""Passages for a claimed batch: one embedding call and one search for all of its questions."""

from collections.abc import Sequence

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.errors import KnowledgeError
from ingestion.knowledge.search.evidence import Findings
from workers.answering.errors import RetrievalError
from workers.contracts import logs
from workers.contracts.question import Request

_log = logs.logger(__name__)


class Retriever:
    """Searches the knowledge base for questions; blocking, for a thread of its own."""

    def __init__(self, knowledge: Knowledge, most_passages: int) -> None:
        self._knowledge = knowledge
        self._most_passages = most_passages

    def search(self, requests: Sequence[Request]) -> list[Findings | RetrievalError]:
        """What each question finds; an error in the place of those of one that fails.

        Raises:
            KnowledgeError: nothing can be searched now; no question is to blame.
        """
        pairs = [(request.tenant, request.question) for request in requests]
        try:
            return [*self._knowledge.find(pairs, self._most_passages)]
        except KnowledgeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one question does to a library
            _log.warning("batch_search_failed", error=type(error).__name__, questions=len(pairs))
            return [self._search_alone(pair) for pair in pairs]

    def _search_alone(self, pair: tuple[str, str]) -> Findings | RetrievalError:
        try:
            return self._knowledge.find([pair], self._most_passages)[0]
        except KnowledgeError:
            raise
        except Exception as error:  # noqa: BLE001 - likewise
            return RetrievalError(type(error).__name__)
