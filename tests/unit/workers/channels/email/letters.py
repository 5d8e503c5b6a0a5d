"""Mails for tests: one that a patient wrote, with what a case changes."""

from collections.abc import Mapping

from workers.channels.email.reading.mail import Mail, read_mail
from workers.channels.email.reading.verdict import ClinicMail

OWN = "contato@clinica.example"
CLINIC = ClinicMail(frozenset({OWN, "recepcao@clinica.example"}), "mx.clinica.example")
HEADERS = {
    "Return-Path": "<ana@paciente.example>",
    "Message-ID": "<1@paciente.example>",
    "From": "Ana Souza <ana@paciente.example>",
    "To": OWN,
    "Subject": "Exame de sangue",
    "Content-Type": "text/plain; charset=utf-8",
}


def letter(
    headers: Mapping[str, str | None] | None = None, body: str | bytes = "Qual o horário?"
) -> Mail:
    """A mail with these headers changed; None leaves one out."""
    lines = [f"{name}: {value}" for name, value in (HEADERS | dict(headers or {})).items() if value]
    data = body if isinstance(body, bytes) else body.encode()
    return read_mail("\n".join(lines).encode() + b"\n\n" + data)
