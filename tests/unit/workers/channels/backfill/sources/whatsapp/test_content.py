import pytest

from workers.channels.backfill.sources.whatsapp.content import content_of, is_deed

MARK = "\u200e"


@pytest.mark.parametrize(
    "text",
    [
        "<Mídia oculta>",
        "<Arquivo de mídia oculto>",
        "imagem ocultada",
        f"{MARK}áudio ocultado",
        f"{MARK}vídeo omitido",
        f"{MARK}figurinha omitida",
        f"{MARK}GIF omitido",
        f"{MARK}Cartão do contato omitido",
        f"{MARK}recado de vídeo omitido",
        f"Pedido.pdf • {MARK}2 páginas {MARK}documento omitido",
        "IMG-20260919-WA0001.jpg (arquivo anexado)",
        f"{MARK}PTT-20260919-WA0002.opus (arquivo anexado)",
        "Pedido da mãe.pdf (file attached)",
        f"{MARK}<anexado: 00000012-PHOTO-2026-09-19-21-21-05.jpg>",
        "<attached: 00000012-AUDIO.opus>",
        "<Media omitted>",
        f"{MARK}sticker omitted",
        "<Ficheiro não revelado>",
        "null",
        "Mensagem de visualização única",
        f"{MARK}Você recebeu uma mensagem de visualização única. Por segurança, abra no celular.",
        "<View once voice message omitted>",
        f"{MARK}Localização: https://maps.google.com/?q=-25.4,-49.2",
        "localização em tempo real compartilhada",
    ],
)
def test_what_stands_in_the_place_of_media_is_no_text(text: str) -> None:
    assert content_of(text) == ("media", "")


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        (
            "IMG-20260919-WA0001.jpg (arquivo anexado)\nfazem esse?\né urgente",
            "fazem esse?\né urgente",
        ),
        ("<Mídia oculta>\nfazem esse?", "fazem esse?"),
        (f"fazem esse? {MARK}imagem ocultada", "fazem esse?"),
        (f"fazem esse?\né urgente {MARK}<anexado: 0001-PHOTO.jpg>", "fazem esse?\né urgente"),
        (f"{MARK}<anexado: 0001-PHOTO.jpg> fazem esse?", "fazem esse?"),
    ],
)
def test_a_caption_is_a_text(text: str, caption: str) -> None:
    assert content_of(text) == ("text", caption)


@pytest.mark.parametrize(
    "text",
    [
        "Esta mensagem foi apagada",
        f"{MARK}Esta mensagem foi apagada.",
        "Você apagou esta mensagem",
        "Mensagem apagada",
        "Esta mensagem foi apagada pelo admin Rute",
        "Eliminou esta mensagem",
        "This message was deleted",
        f"{MARK}You deleted this message.",
    ],
)
def test_deleted_messages(text: str) -> None:
    assert content_of(text) == ("deleted", "")


@pytest.mark.parametrize(
    "sign",
    [
        "<Mensagem editada>",
        f"{MARK}<Mensagem editada>",
        "<This message was edited>",
        f"{MARK}<Esta mensagem foi editada>{MARK}",
    ],
)
def test_an_edited_message_is_its_last_text(sign: str) -> None:
    assert content_of(f"R$ 190,00 {sign}") == ("text", "R$ 190,00")


@pytest.mark.parametrize(
    "text",
    [
        f"{MARK}As mensagens e ligações são protegidas com a criptografia de ponta a ponta.",
        "As mensagens e as chamadas são encriptadas ponto a ponto. Toca para saber mais.",
        "Messages and calls are end-to-end encrypted. Only people in this chat can read them.",
        f"{MARK}Ana adicionou você",
        f"{MARK}Ana mudou a imagem deste grupo",
        "Ligação de voz perdida",
        f"{MARK}Ligação de vídeo, {MARK}3 min",
        "Chamada de voz perdida às 10:00",
        "Missed voice call",
        "Aguardando mensagem. Essa ação pode levar alguns instantes.",
        "Waiting for this message",
    ],
)
def test_notices_that_stand_behind_a_name(text: str) -> None:
    assert content_of(text).kind == "system"


@pytest.mark.parametrize(
    "text",
    [
        "a imagem ocultada no laudo é minha?",
        "Recebi: imagem ocultada, não consigo abrir",
        "minha mensagem foi apagada, pode mandar de novo?",
        "perdi a ligação de vocês",
        "a ligação de voz caiu, pode me ligar?",
        "meu filho saiu do hospital",
        "estou aguardando mensagem do médico",
        "resultado <5 e > 3",
        "nulo",
        f"{MARK}posso ir de manhã?",
        "segue o arquivo.pdf",
    ],
)
def test_what_patients_write_stays_a_text(text: str) -> None:
    assert content_of(text) == ("text", text.strip(MARK))


@pytest.mark.parametrize(
    "before_colon",
    [
        'Ana mudou o nome do grupo de "Exames',
        "Recepção adicionou Carla",
        "+55 41 99999-0000 saiu usando o link",
        "You changed the group description",
        "Ana criou este grupo",
        "As mensagens temporárias foram ativadas",
    ],
)
def test_a_notice_with_a_colon_has_no_sender(before_colon: str) -> None:
    assert is_deed(before_colon)


@pytest.mark.parametrize("name", ["Ana", "Saiury Lima", "Clínica: Recepção", "+55 41 99999-0000"])
def test_a_name_is_no_notice(name: str) -> None:
    assert not is_deed(name)


def test_a_text_of_nothing_but_signs_takes_no_time() -> None:
    for text in (" " * 60_000, MARK * 60_000, "<" * 60_000, "a (" * 20_000, f"{MARK} " * 30_000):
        content_of(text + "x")
