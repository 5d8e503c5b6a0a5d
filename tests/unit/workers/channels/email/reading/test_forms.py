from workers.channels.email.reading.forms import form_message


def test_a_forms_message_stands_behind_its_fields() -> None:
    form = ["Nome: Rita", "E-mail: r@x.example", "Mensagem: Qual o preço?", "E o preparo?"]
    assert form_message(form) == ["Qual o preço?", "E o preparo?"]


def test_one_field_makes_no_form() -> None:
    assert form_message(["Nome: Rita", "Mensagem: Qual o preço?"]) is None
    assert form_message(["Mensagem: oi"]) is None
