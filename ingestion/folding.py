"""Texts as they are compared: without case and accents."""

import unicodedata


def fold(text: str) -> str:
    """Lower case, without accents; a letter in disguise (`1ª`, `m²`) is the letter.

    >>> fold("Não à 1ª Vacinação")
    'nao a 1a vacinacao'
    """
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(char for char in parts if not unicodedata.combining(char))
