"""What messages of a chat are that neither ask nor answer. Pure, but for the word lists."""

import re
from typing import Final, Literal

from ingestion.folding import fold
from workers.answering.follow_up import asks, names_a_subject
from workers.answering.triage.triage import load_triage
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
    r"(?:ajuda|auxilia|ser util)\w*(?:-l[oa])?(?: mais)?|qual (?:a|seria a) sua duvida"
    r"|how can (?:i|we) help)\b"
)
_HOLDING: Final = re.compile(
    r"\b(?:(?:so )?um (?:momento|momentinho|minuto|minutinho|instante|instantinho|segundo)|aguarde?"
    r"|(?:vou|vamos|irei) (?:verificar|ver|confirmar|consultar|checar|conferir|perguntar|olhar)"
    r"|ja (?:te |lhe |a |o )?(?:retorno|respondo|aviso|falo|vejo|verifico)|estou verificando"
    r"|deixa eu (?:ver|verificar|confirmar)|one moment|let me check)\b"
)
_LONGEST_COURTESY: Final = 120
_GREETING: Final = (
    r"(?:oi+e?|ola|bom dia|boa tarde|boa noite|tudo (?:bem|bom|certo)|obrigad[oa]|de nada|imagina"
    r"|disponha|ate (?:amanha|logo|mais|la|breve)|(?:um )?(?:otim[oa]|bo[am]|excelente)"
    r" (?:dia|tarde|noite|semana|fim de semana|feriado)"
    r"|(?:estamos|fico|ficamos) (?:a|as) (?:sua )?disposicao"
    r"|qualquer (?:coisa|duvida)(?: (?:e so|so) (?:chamar|falar))?|por nada|nos que agradecemos"
    r"|(?:(?:meu nome e|me chamo|aqui (?:e|fala)|quem fala e|sou) (?:[ao] )?[a-z]{2,20}"
    r"(?: d[aeo] [a-z]{2,20}){0,2})|e com voce\w?|combinado|certo|ok|melhoras|hello|hi"
    r"|good (?:morning|afternoon|evening)|you.?re welcome)"
)
_NAME: Final = r"(?:(?:sr|sra|dona|seu|dr|dra|d)\.? )?[a-z]{2,20}"
#: Nothing but courtesy, with at most two names.
_POLITE: Final = re.compile(
    rf"\W*{_GREETING}(?:\W+{_GREETING})*(?:\W+{_NAME}){{0,2}}(?:\W+{_GREETING})*\W*"
)

#: An answer that goes on with "só um momento", folded.
_AFFIRMS: Final = re.compile(
    rf"\W*(?:{_GREETING}\W+)*(?:sim|atendemos|temos|fazemos|aceitamos|realizamos|pode|precisa|nao)\b"
)

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
    if len(plain) <= _LONGEST_COURTESY and not _AFFIRMS.match(plain):
        is_holding = _HOLDING.search(plain) and not any(map(str.isdigit, plain))
        if is_holding or _is_polite(plain):
            return "clinic"
    return "clinic" if wordless(text) or is_courtesy(text) else None


def _is_polite(plain: str) -> bool:
    """Whether nothing is left but courtesy, names and "como posso ajudar?"."""
    rest = _OPENING.sub(" ", plain)
    return _POLITE.fullmatch(rest) is not None or (rest != plain and wordless(rest))


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
    if "?" in plain or not _REQUEST.search(fold(clinic_said)):
        return False
    if all(_tells(line.strip()) for line in plain.splitlines()):
        return True
    if _asks(text, plain) or load_triage().of(text, "pt"):
        return False
    return _is_person(text, clinic_said) or _DATA.search(plain) is not None


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
