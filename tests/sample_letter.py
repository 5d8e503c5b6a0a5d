"""A letter on its way out, for tests: to Ana, who asked about fasting."""

from datetime import datetime
from zoneinfo import ZoneInfo

from workers.channels.email.sending.outgoing import Outgoing
from workers.contracts.conversation import Conversation
from workers.contracts.email_channel import EmailChannel
from workers.contracts.question import Citation, Outcome, Question, Request, Status, Way
from workers.contracts.reply import EmailAddress
from workers.contracts.send import Send

ZONE = ZoneInfo("America/Sao_Paulo")
NOW = datetime(2026, 11, 27, 10, 15, tzinfo=ZONE)
NIGHT = datetime(2026, 11, 27, 3, 0, tzinfo=ZONE)
ASKED = (
    "Bom dia! Vou fazer hemograma e glicemia na segunda.\n\n"
    "Preciso de quantas horas de jejum? E posso tomar água?"
)
ANSWER = Outcome(
    status=Status.ANSWERED,
    way=Way.WRITE,
    text=(
        "Para esses exames:\n\n"
        "- **Glicemia**: jejum de 8 horas.\n"
        "- **Hemograma**: não precisa de jejum.\n\n"
        "Água pode. Veja https://clinica.example/preparo?exame=glicemia&dia=2 "
        "ou escreva para preparo@clinica.example."
    ),
    citations=(
        Citation(document="pdf/preparo.pdf", title="Preparo de exames", page=2, quote="8 horas"),
    ),
)


def channel(**fields: object) -> EmailChannel:
    """The clinic's mailbox."""
    content: dict[str, object] = {
        "name": "correio",
        "tenant": "clinica",
        "clinic": "Clínica São José",
        "address": "contato@clinica.example",
        "smtp_host": "127.0.0.1",
        "hours": "seg-sex 08:00-18:00",
        "privacy_url": "https://clinica.example/privacidade",
    }
    return EmailChannel.model_validate(content | fields)


def outgoing(
    outcome: Outcome = ANSWER,
    *,
    asked: str = ASKED,
    disclosed_at: float | None = None,
    message: str | None = "<pergunta@paciente.example>",
    **fields: object,
) -> Outgoing:
    """A letter to Ana; `fields` are the channel's."""
    own = channel(**fields)
    conversation = Conversation(
        id="c1",
        tenant="clinica",
        channel="correio",
        kind="email",
        contact="thread:ana@paciente.example|<pergunta@paciente.example>",
        recipient={
            "email": "ana@paciente.example",
            "subject": "RES: Jejum para hemograma e glicemia?",
            "message": "<pergunta@paciente.example>",
            "references": "<antes@paciente.example>",
            "folder": "INBOX",
            "uid": "7",
            "validity": "3",
        },
        name="Ana Souza",
        opened_at=NOW.timestamp() - 600,
        last_message_at=NOW.timestamp() - 600,
        disclosed_at=disclosed_at,
    )
    request = Request(tenant="clinica", question=asked, asked_at=NOW.timestamp() - 600)
    question = Question(id="0" * 31 + "1", request=request, status=outcome.status, outcome=outcome)
    address = EmailAddress(channel="correio", conversation="c1", message=message)
    return Outgoing(question, outcome, address, own, conversation, Send())
