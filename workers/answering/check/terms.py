"""The words by which two texts are compared: content words, cut to what their forms share."""

import re
from functools import cache, lru_cache
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.search.subject import term_words
from ingestion.knowledge.words import dictionary_word, dictionary_words

#: Letters of a dictionary form that are compared: "autorização" and "autorizada" share them.
_STEM: Final = 6

#: Words that say nothing of what a sentence is about, folded, in the form of the dictionary.
_EMPTY: Final = frozenset((
    # Portuguese
    "a", "o", "e", "de", "da", "do", "das", "dos", "em", "na", "no", "nas", "nos", "um", "uma",
    "uns", "umas", "por", "pelo", "pela", "para", "pra", "pro", "com", "sem", "que", "se", "ou",
    "ao", "aos", "as", "os", "mais", "menos", "muito", "ja", "ainda", "tambem", "so", "somente",
    "apenas", "ate", "como", "quando", "qual", "quanto", "quanta", "onde", "quem", "porque",
    "mas", "nao", "sim", "nem", "ser", "estar", "ter", "haver", "ir", "fazer", "poder", "dever",
    "precisar", "ficar", "dar", "querer", "ele", "ela", "eu", "voce", "voces", "vc", "vcs", "nos",
    "meu", "minha", "seu", "sua", "isso", "isto", "este", "esta", "esse", "essa", "aquele", "la",
    "aqui", "ai", "antes", "depois", "apos", "entao", "bem", "bom", "boa", "todo", "cada", "outro",
    "mesmo", "algum", "nenhum", "nosso", "lhe", "me", "te", "pois", "porem", "caso", "desde",
    "entre", "sobre", "apenas", "sempre", "nunca", "hora", "minuto", "dia", "dar", "necessario",
    "preciso", "possivel", "haver", "deste", "desse", "neste", "nesse", "dele", "dela", "r", "foi",
    "era", "pode", "podem", "deve", "devem", "tem", "sao", "vai", "vou", "e", "q", "p", "qto",
    "tudo", "oi", "ola", "obrigado", "obrigada", "favor", "gente", "tipo", "coisa", "durante",
    "custar", "custo", "valor", "preco", "sair", "normalmente", "normal", "via", "clinica",
    "pessoa", "paciente", "usar", "unidade", "agora", "hoje", "preocupar", "claro", "certo",
    "amanha", "ontem", "atender",
    # English
    "the", "an", "of", "to", "in", "on", "at", "for", "and", "or", "is", "are", "be", "was", "it",
    "you", "your", "i", "my", "we", "our", "can", "may", "must", "should", "do", "does", "not",
    "no", "yes", "with", "without", "before", "after", "until", "by", "from", "this", "that",
    "there", "have", "has", "hour", "minute", "day", "please", "need", "what", "when", "how",
))  # fmt: skip

#: Words that are compared as another one, both folded and in the form of the dictionary.
_SYNONYMS: Final = {
    "mandar": "enviar", "gratis": "gratuito", "graca": "gratuito", "tirar": "retirar",
    "medicamento": "remedio", "comprimido": "remedio", "televisao": "tv", "novela": "tv",
    "medicacao": "remedio", "doutor": "medico", "informar": "avisar", "alcool": "alcoolico",
}  # fmt: skip
_NOTHING: Final = frozenset({""})
_WORD: Final = re.compile(r"\w+")
_AT_ONCE: Final = re.compile(r"\bna hora\b", re.IGNORECASE)
#: "Pré-molar" is no "molar", and "marca-passo" is written "marcapasso" too.
_HYPHEN: Final = re.compile(
    r"-feiras?\b|(?<=\bpré)-|(?<=\bpre)-|(?<=\bpós)-|(?<=\bpos)-|(?<=\bmarca)-", re.IGNORECASE
)
_WITHOUT: Final = re.compile(
    r"\b(sem|without)\s+(?:(?:a|o|as|os|um|uma|the)\s+)?(\w+)", re.IGNORECASE
)


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """What a word is compared by; empty for one that says nothing, and for numbers.

    >>> stem("Autorizadas") == stem("autorização"), stem("para")
    (True, '')
    """
    form = dictionary_word(word) if word.isalnum() else min(dictionary_words(word), default="")
    folded = fold(word)
    if not form or folded in _EMPTY or form in _EMPTY or any(map(str.isdigit, form)):
        return ""
    return _SYNONYMS.get(form, form)[:_STEM]


@lru_cache(maxsize=16_384)
def terms(text: str) -> frozenset[str]:
    """The stems of a text's content words; of "sem contraste" none is "contraste".

    >>> sorted(terms("Ressonância sem contraste, 20 minutos"))
    ['resson', 'sem contra']
    """
    lowered = text.lower()
    if "na hora" in lowered:
        text = _AT_ONCE.sub("imediato", text)
    if "-" in text:
        text = _HYPHEN.sub("", text)
    if "sem" not in lowered and "without" not in lowered:
        return frozenset(map(stem, _WORD.findall(text))) - _NOTHING
    absent = [stem(match[2]) for match in _WITHOUT.finditer(text)]
    present = {stem(word) for word in _WORD.findall(_WITHOUT.sub(" ", text))}
    return frozenset(present | {f"sem {each}" for each in absent if each}) - _NOTHING


@cache
def exam_stems() -> frozenset[str]:
    """The stems of the words that name exams and treatments."""
    return frozenset(stem(word) for word in term_words()) - {""}
