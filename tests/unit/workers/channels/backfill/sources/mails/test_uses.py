import pytest

from workers.channels.backfill.sources.mails.uses import Use, use_of_folder, use_of_labels


@pytest.mark.parametrize(
    ("folder", "use"),
    [
        ("INBOX", Use.ORDINARY),
        ("INBOX.Sent", Use.SENT),
        ("[Gmail]/E-mails enviados", Use.SENT),
        ("Itens Enviados", Use.SENT),
        ("[Gmail]/Lixeira", Use.TRASH),
        ("Itens Excluídos", Use.TRASH),
        ("Lixo Eletrônico", Use.SPAM),
        ("Junk E-mail", Use.SPAM),
        ("INBOX/Rascunhos", Use.DRAFT),
        ("Enviados a pacientes", Use.ORDINARY),
        ("Convênios", Use.ORDINARY),
        ("", Use.ORDINARY),
    ],
)
def test_a_folder_is_for_what_its_name_says(folder: str, use: Use) -> None:
    assert use_of_folder(folder) is use


@pytest.mark.parametrize(
    ("labels", "use"),
    [
        ("Caixa de entrada,Aberto,Importante", Use.ORDINARY),
        ("Inbox,Sent", Use.SENT),
        ("Enviados,Lixeira", Use.TRASH),
        ("Spam,Não lida", Use.SPAM),
        ('"Rascunhos", Aberto', Use.DRAFT),
        ("", Use.ORDINARY),
    ],
)
def test_a_mail_is_what_its_labels_say(labels: str, use: Use) -> None:
    assert use_of_labels(labels.split(",")) is use
