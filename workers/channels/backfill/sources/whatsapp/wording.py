"""What messages of a chat are that neither ask nor answer. Pure, but for the word lists."""

import re
from typing import Final, Literal

from ingestion.folding import fold
from workers.answering.follow_up import asks, names_a_subject
from workers.channels.backfill.sources.checking import is_courtesy

#: What a telephone of a clinic answers by itself, folded.
_AUTOMATIC: Final = re.compile(
    r"\b(?:mensagem automatica|resposta automatica|atendimento automatico|assistente virtual"
    r"|agradece(?:mos)? (?:o |a |pel[oa] |por )?(?:seu |sua )?(?:contato|mensagem|entrar)"
    r"|obrigad[oa] por entrar em contato|fora do (?:nosso )?horario|seja (?:muito )?bem.?vind"
    r"|no momento (?:nao (?:estamos|podemos|ha)|estamos fora)|(?:responderemos|retornaremos)"
    r"|nosso horario de atendimento e|digite (?:o |a |um|\d)|escolha uma (?:das )?opc\w+"
    r"|automatic (?:message|reply)|thank you for contacting|we will (?:reply|get back))"
)
#: How a person of a clinic begins, ends or puts off, folded; the rest of the bubble is a name.
_OPENING: Final = re.compile(
    r"\b(?:(?:em )?(?:que|como) (?:(?:eu )?posso|podemos|poderia|poderiamos) (?:te |lhe |l?o |a )?"
    r"(?:ajuda|auxilia|ser util)\w*|qual (?:a|seria a) sua duvida|how can (?:i|we) help)\b"
)
_HOLDING: Final = re.compile(
    r"\b(?:(?:so )?um (?:momento|momentinho|minuto|minutinho|instante|instantinho|segundo)|aguarde?"
    r"|(?:vou|vamos|irei) (?:verificar|ver|confirmar|consultar|checar|conferir|perguntar|olhar)"
    r"|ja (?:te |lhe |a |o )?(?:retorno|respondo|aviso|falo|vejo|verifico)|estou verificando"
    r"|deixa eu (?:ver|verificar|confirmar)|one moment|let me check)\b"
)
_LONGEST_HOLDING: Final = 120
_GREETING: Final = (
    r"(?:oi+e?|ola|bom dia|boa tarde|boa noite|tudo (?:bem|bom|certo)|obrigad[oa]|de nada|imagina"
    r"|disponha|ate (?:amanha|logo|mais|la|breve)|(?:um )?(?:otim[oa]|bo[am]|excelente)"
    r" (?:dia|tarde|noite|semana|fim de semana|feriado)"
    r"|(?:estamos|fico|ficamos) (?:a|as) (?:sua )?disposicao"
    r"|qualquer (?:coisa|duvida)(?: (?:e so|so) (?:chamar|falar))?|por nada|nos que agradecemos"
    r"|e com voce\w?|combinado|certo|ok|sim senhora?|melhoras|hello|hi|good (?:morning|afternoon"
    r"|evening)|you.?re welcome)"
)
_NAME: Final = r"(?:(?:sr|sra|dona|seu|dr|dra|d)\.? )?[a-z]{2,20}"
#: Nothing but courtesy, with at most two names.
_POLITE: Final = re.compile(
    rf"\W*{_GREETING}(?:\W+{_GREETING})*(?:\W+{_NAME}){{0,2}}(?:\W+{_GREETING})*\W*"
)
_LONGEST_POLITE: Final = 100

#: What asks a patient to tell something, folded.
_REQUEST: Final = re.compile(
    r"\?|\b(?:informe?|informar|envie|enviar|mand[ae]|mandar|me (?:diz|diga|passa|passe|fala|fale)"
    r"|pass[ae]|confirm[ae]|confirmar|preciso (?:d[oae]|que)|precisamos d|nome completo|digite"
    r"|escolha|please (?:send|tell|confirm))\b"
)
#: A word that only tells what was asked for: yes, a day, an hour; folded.
_TELLING: Final = re.compile(
    r"sim|s|nao|n|isso|mesmo|exato|exatamente|correto|podem?|ser|quero|claro|com|certeza|confirm\w+"
    r"|por|favor|pfv|obrigad[oa]|ainda|ja|yes|no|please|que|bom|blz|beleza|ok|ta|dias?|as?|o|e|d[aeo]"
    r"|das|n[ao]|para|pra|pel[oa]|depois|ate|hs?|horas?|feira|segunda|terca|quarta|quinta|sexta"
    r"|sabado|domingo|amanha|hoje|manha|tarde|noite|(?:prim|ult)(?:eir|im)[oa]|anos?|mes(?:es)?"
    r"|particular"
)
_WORDS: Final = re.compile(r"[^\W\d_]+")
#: Characters of the longest reply.
_LONGEST_REPLY: Final = 400
_LONGEST_ADDRESS: Final = 254
_ADDRESS: Final = re.compile(r"\S+@\S+\.\w+")
_DATA: Final = re.compile(
    r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}|\bcpf\b|\bnome(?: completo)?\s*:|\bdata de nasc|\bnasc\w*\s*:"
    r"|\bcep\b|\brg\b"
)
#: A name, and what is in none, folded.
_PERSON: Final = re.compile(r"[^\W\d_]{2,20}(?: [^\W\d_]{1,20}){0,6}\.?")
_NO_NAME: Final = re.compile(
    r"\b(?:estou|to|tou|com|sem|tenho|nao|meus?|minhas?|eu|uma?|n[oa]|em|para|pra|por|que|esta|vou|fiz"
    r"|foi|el[ea]s?|voces?|vcs?|dor|febre)\b"
)
#: A name that looks like "aparece", which asks.
_APARECIDA: Final = re.compile(r"\bAparecid[ao]\b", re.IGNORECASE)
#: What asks without a question mark or a word that asks, folded.
_WISH: Final = re.compile(
    r"\b(?:gostaria|queria|querendo|saber|valor(?:es)?|precos?|duvidas?|informac\w+|preciso|marcar|agendar"
    r"|remarcar|desmarcar|cancelar|tem como|consegue|horarios?|endereco|resultados?)\b"
)
_WORD: Final = re.compile(r"[^\W_]")


def wordless(text: str) -> bool:
    """Whether a text holds no letter and no digit: "?", a heart."""
    return _WORD.search(text) is None


def says_nothing(text: str) -> Literal["automatic", "clinic"] | None:
    """What a clinic's message is that answers nothing; None where it may answer.

    >>> says_nothing("Bom dia, Maria! Como posso ajudar?"), says_nothing("Atendemos sim")
    ('clinic', None)
    """
    plain = fold(text)
    if _AUTOMATIC.search(plain):
        return "automatic"
    is_holding = len(plain) <= _LONGEST_HOLDING and _HOLDING.search(plain) and not _digits(plain)
    is_polite = len(plain) <= _LONGEST_POLITE and _POLITE.fullmatch(plain)
    is_opening = len(plain) <= _LONGEST_HOLDING and _OPENING.search(plain)
    if wordless(text) or is_holding or is_polite or is_opening or is_courtesy(text):
        return "clinic"
    return None


def only_replies(text: str, clinic_said: str) -> bool:
    """Whether a patient's text only tells what the clinic asked for: yes, a day, a name, a number.

    >>> only_replies("12/05/1980", "Qual a data de nascimento?")
    True
    >>> only_replies("e quanto custa?", "Qual a data de nascimento?")
    False
    """
    if len(text) > _LONGEST_REPLY:
        return False
    plain = fold(text).strip()
    if not plain or not any(map(str.isalpha, plain)):
        return bool(clinic_said) and "?" not in plain
    if "?" in plain or not _REQUEST.search(fold(clinic_said)) or _asks(text, plain):
        return False
    lines = [line.strip() for line in plain.splitlines()]
    return all(map(_tells, lines)) or _is_person(text, clinic_said) or bool(_DATA.search(plain))


def _is_person(text: str, clinic_said: str) -> bool:
    """Whether it is the name that the clinic asked for."""
    is_name = _PERSON.fullmatch(text.strip()) and not _NO_NAME.search(fold(text))
    return "nome" in fold(clinic_said) and bool(is_name)


def _asks(text: str, plain: str) -> bool:
    text = _APARECIDA.sub("", text)
    return _WISH.search(plain) is not None or asks(text) or names_a_subject(text)


def _tells(line: str) -> bool:
    if len(line) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(line):
        return True
    return all(_TELLING.fullmatch(word) for word in _WORDS.findall(line))


def _digits(plain: str) -> bool:
    return any(map(str.isdigit, plain))
