"""The report's words, in Portuguese: the clinic's people read it."""

from collections.abc import Mapping
from typing import Final

#: Why a question went to a person, or failed.
REASONS: Final[Mapping[str, str]] = {
    "no_documents": "a clínica ainda não tem documentos no Atende",
    "weak_evidence": "nenhum documento trata do assunto",
    "unsure": "um documento trata do assunto, mas não responde com clareza",
    "unsupported": "a resposta escrita não estava nos documentos, e não foi aceita",
    "model_unknown": "o modelo não achou a resposta nos documentos",
    "model_empty": "o modelo não escreveu nada",
    "model_repetition": "o modelo se repetiu, e a resposta não foi aceita",
    "model_cut": "a resposta ficou longa demais e foi cortada",
    "model_aborted": "a resposta foi interrompida",
    "question_too_long": "a mensagem é longa demais",
    "too_long": "a mensagem é longa demais",
    "emergency": "pode ser uma emergência",
    "person_asked": "o paciente pediu para falar com uma pessoa",
    "personal_health": "só um profissional de saúde pode responder",
    "late": "a mensagem chegou muito depois de escrita",
    "attachment": "a mensagem era só um anexo",
    "empty": "a linha não tem pergunta",
    "unreadable": "a linha não pôde ser lida",
    "expired": "o prazo passou antes da vez dela",
    "cancelled": "foi cancelada",
    "poison": "o programa parou três vezes nela",
    "record_unreadable": "o registro está danificado",
    "retrieval_failed": "a busca nos documentos falhou",
    "prompt_failed": "o pedido ao modelo não pôde ser montado",
    "generation_failed": "o modelo falhou",
    "quote_failed": "a citação falhou",
    "unknown": "sem motivo anotado",
}
#: What of a source is no question.
LEFT_OUT: Final[Mapping[str, str]] = {
    "system": "avisos do WhatsApp",
    "media": "fotos, áudios e arquivos",
    "automatic": "mensagens automáticas",
    "courtesy": "só cumprimentos e agradecimentos",
    "clinic": "mensagens da própria clínica",
    "duplicate": "repetidas",
    "older": "de antes da data pedida",
    "preamble": "começo da conversa, sem data",
    "merged": "células mescladas",
    "spam": "spam",
    "trash": "da lixeira",
    "draft": "rascunhos",
    "list": "de listas e boletins",
    "bounce": "devolvidas",
    "reply": "respostas ao que a clínica perguntou",
    "deleted": "apagadas",
    "hidden": "linhas escondidas",
    "empty": "vazias",
}


def reason(word: str) -> str:
    """A fixed word in Portuguese; one that is not known stays."""
    return REASONS.get(word, word)


def left_out(word: str) -> str:
    """Likewise, of what is no question."""
    return LEFT_OUT.get(word, word)


def number(value: float) -> str:
    """A whole number as Brazil writes it.

    >>> number(12345)
    '12.345'
    """
    return f"{value:,.0f}".replace(",", ".")


def share(part: int, whole: int) -> str:
    """A share in percent, whose sign stays on its line."""
    return f"{100 * part / whole if whole else 0:.0f}\u00a0%"
