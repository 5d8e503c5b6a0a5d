"""Passages for a claimed batch: one embedding call and one search for all of its questions."""

from collections.abc import Sequence

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.errors import KnowledgeError
from ingestion.knowledge.search.evidence import Findings
from ingestion.knowledge.search.inquiry import Inquiry
from workers.answering.errors import RetrievalError
from workers.contracts import logs

_log = logs.logger(__name__)


class Retriever:
    """Searches the knowledge base for questions; blocking, for a thread of its own."""

    def __init__(self, knowledge: Knowledge, most_passages: int) -> None:
        self._knowledge = knowledge
        self._most_passages = most_passages

    def search(self, inquiries: Sequence[Inquiry]) -> list[Findings | RetrievalError]:
        """What each inquiry finds; an error in the place of those of one that fails.

        Raises:
            KnowledgeError: nothing can be searched now; no question is to blame.
        """
        try:
            return [*self._knowledge.find(inquiries, self._most_passages)]
        except KnowledgeError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever one question does to a library
            name = type(error).__name__
            _log.warning("batch_search_failed", error=name, questions=len(inquiries))
            return [self._search_alone(inquiry) for inquiry in inquiries]

    def _search_alone(self, inquiry: Inquiry) -> Findings | RetrievalError:
        try:
            return self._knowledge.find([inquiry], self._most_passages)[0]
        except KnowledgeError:
            raise
        except Exception as error:  # noqa: BLE001 - likewise
            return RetrievalError(type(error).__name__)
