"""The collections of a Qdrant server; the alias `atende` names the one in use."""

import re

from qdrant_client import QdrantClient, models

from ingestion.knowledge.errors import KnowledgeError
from ingestion.knowledge.stores.collection import ALIAS, Collection, Maker, new_name
from ingestion.knowledge.stores.payload import (
    BM25,
    DENSE,
    DIGEST,
    DOCUMENT,
    DRAFTED,
    KIND,
    LETTERS,
    PERIOD,
    TENANT,
)
from ingestion.knowledge.stores.server.errors import translate_errors
from ingestion.knowledge.stores.server.store import ServerStore

#: Seconds for one request; a batch of searches takes milliseconds, a first upsert may wait.
TIMEOUT = 30

#: The alias of the collection that is being filled, until it comes into use.
FILLING = f"{ALIAS}-filling"

#: Collections of ours, of whatever schema.
_OURS = re.compile(rf"{ALIAS}-\d+-")


class ServerCollections:
    """The collections of a server; see `Collections`. It owns the client."""

    def __init__(self, client: QdrantClient) -> None:
        self._client = client

    def current(self) -> Collection | None:
        """See `Collections`."""
        return self._collection_of(ALIAS)

    def unfinished(self, maker: Maker) -> tuple[str, ServerStore] | None:
        """See `Collections`."""
        filling = self._collection_of(FILLING)
        if filling is None or filling.maker != maker:
            return None
        return filling.name, self.open(filling.name)

    def _collection_of(self, alias: str) -> Collection | None:
        with translate_errors():
            aliases = self._client.get_aliases().aliases
        names = [entry.collection_name for entry in aliases if entry.alias_name == alias]
        return Collection(names[0], self.maker(names[0])) if names else None

    def maker(self, name: str) -> Maker:
        """What made a collection's vectors.

        Raises:
            KnowledgeError: it does not say: another program made it, or a server before 1.16.
        """
        with translate_errors():
            metadata = self._client.get_collection(name).config.metadata
        if not metadata:
            raise KnowledgeError(
                f"The Qdrant collection `{name}` does not say which embedding model made it. "
                f"Nothing was changed. Use Qdrant 1.16 or newer; if another program owns the "
                f"alias `{ALIAS}`, give Atende a Qdrant of its own."
            )
        return Maker.model_validate(metadata)

    def create(self, maker: Maker) -> tuple[str, ServerStore]:
        """See `Collections`."""
        name = new_name(maker)
        with translate_errors():
            self._client.create_collection(
                name,
                vectors_config={
                    DENSE: models.VectorParams(
                        size=maker.dimensions,
                        distance=models.Distance.DOT,
                        multivector_config=models.MultiVectorConfig(
                            comparator=models.MultiVectorComparator.MAX_SIM
                        ),
                    )
                },
                sparse_vectors_config={
                    name: models.SparseVectorParams(modifier=models.Modifier.IDF)
                    for name in (BM25, LETTERS)
                },
                metadata=maker.model_dump(),
            )
            self._client.create_payload_index(
                name,
                TENANT,
                models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True),
            )
            for field in (KIND, DOCUMENT, DIGEST, DRAFTED, PERIOD):
                self._client.create_payload_index(name, field, models.PayloadSchemaType.KEYWORD)
            self._client.update_collection_aliases(
                [*self._delete_alias(FILLING), _create_alias(FILLING, name)]
            )
        return name, self.open(name)

    def open(self, name: str) -> ServerStore:
        """See `Collections`. Indexes the field that an earlier version of Atende had not."""
        maker = self.maker(name)
        with translate_errors():
            if PERIOD not in self._client.get_collection(name).payload_schema:
                self._client.create_payload_index(name, PERIOD, models.PayloadSchemaType.KEYWORD)
        return ServerStore(self._client, name, maker, self.current)

    def promote(self, name: str, maker: Maker) -> None:  # noqa: ARG002 - it stands in the collection
        """See `Collections`. The former collection stays for workers that still read it.

        Older collections are deleted: nobody reads them any more.
        """
        former = self.current()
        keep = {name, former.name if former else name}
        with translate_errors():
            self._client.update_collection_aliases(
                [
                    *self._delete_alias(ALIAS),
                    *self._delete_alias(FILLING),
                    _create_alias(ALIAS, name),
                ]
            )
            for collection in self._client.get_collections().collections:
                if _OURS.match(collection.name) and collection.name not in keep:
                    self._client.delete_collection(collection.name)

    def _delete_alias(self, alias: str) -> list[models.DeleteAliasOperation]:
        aliases = self._client.get_aliases().aliases
        if not any(entry.alias_name == alias for entry in aliases):
            return []
        return [models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))]

    def close(self) -> None:
        """See `Collections`."""
        self._client.close()


def _create_alias(alias: str, name: str) -> models.CreateAliasOperation:
    return models.CreateAliasOperation(
        create_alias=models.CreateAlias(collection_name=name, alias_name=alias)
    )


def connect(url: str, api_key: str | None) -> ServerCollections:
    """The collections of the server at `url`. No request is sent yet."""
    return ServerCollections(
        QdrantClient(url=url, api_key=api_key, timeout=TIMEOUT, check_compatibility=False)
    )
