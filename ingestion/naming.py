"""What a document is called: its title, and its file's name where the title leaves the subject out.

"Instruções ao paciente" stands above the sheet of every exam, and only `colonoscopia.md` says which
one it is. Pure.
"""

import re
from typing import Final

from ingestion.knowledge.words import dictionary_words
from ingestion.parsing.document import title_of

#: Shortest word of a name that says something.
_SHORTEST: Final = 3

#: Words without digits or underscores.
_WORD: Final = re.compile(r"[^\W\d_]+")

#: Words of names that say nothing of what a document is about, folded, as the dictionary has them.
_GENERAL: Final = frozenset(
    {
        "anexo", "antigo", "arquivo", "atual", "atualizado", "aviso", "cartilha", "clinica", "com",
        "copia", "documento", "exame", "ficha", "final", "folder", "folha", "folheto", "guia",
        "img", "informacao", "informativo", "instrucao", "manual", "modelo", "necessario", "novo",
        "orientacao", "paciente", "para", "pdf", "por", "preparacao", "preparo", "revisado",
        "scan", "scanner", "texto", "versao", "whatsapp", "image",
    }
)  # fmt: skip


def full_title(title: str, name: str) -> str:
    """A document's title, with its file's name behind it where they share no word that tells.

    Args:
        title: what the document calls itself.
        name: its file's name, with folders.

    >>> full_title("Instruções ao paciente", "exames/colonoscopia.md")
    'Instruções ao paciente (Colonoscopia)'
    >>> full_title("Preparo para colonoscopia", "preparo-colonoscopia-2026.pdf")
    'Preparo para colonoscopia'
    >>> full_title("Instruções ao paciente", "IMG_20260312.pdf")
    'Instruções ao paciente'
    """
    own = title_of(name)
    words = _telling_words(own)
    return title if not words or words & _telling_words(title) else f"{title} ({own})"


def _telling_words(text: str) -> frozenset[str]:
    words = dictionary_words(" ".join(_WORD.findall(text)))
    return frozenset(word for word in words if len(word) >= _SHORTEST) - _GENERAL
