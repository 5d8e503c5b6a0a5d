"""How exported chats are recognised and opened."""

from pathlib import Path
from typing import Final

from workers.channels.backfill.sources.source import Opening, Source, SourceOptions
from workers.channels.backfill.sources.whatsapp.chats import holds_chats
from workers.channels.backfill.sources.whatsapp.export import WhatsAppExport


def _kind_of(location: str, head: bytes) -> str | None:
    if "://" in location:
        return None
    try:
        return WhatsAppExport.kind if holds_chats(Path(location), head) else None
    except OSError:
        return None


def _open_as(kind: str, location: str, options: SourceOptions) -> Source:  # noqa: ARG001 - one kind
    return WhatsAppExport(Path(location), options)


OPENING: Final = Opening((WhatsAppExport.kind,), _kind_of, _open_as)
