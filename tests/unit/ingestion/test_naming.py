import pytest

from ingestion.naming import full_title


@pytest.mark.parametrize(
    ("title", "name", "full"),
    [
        ("Instruções ao paciente", "colonoscopia.md", "Instruções ao paciente (Colonoscopia)"),
        ("Preparo do exame", "preparo-colonoscopia.md", "Preparo do exame (Preparo colonoscopia)"),
        ("Quem atende e quando", "rh/agenda_2026.html", "Quem atende e quando (Agenda 2026)"),
    ],
)
def test_a_file_s_name_stands_behind_a_title_that_leaves_the_subject_out(
    title: str, name: str, full: str
) -> None:
    assert full_title(title, name) == full


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Preparo para colonoscopia", "preparo-colonoscopia-2026.pdf"),
        ("Recuperação da cirurgia de hérnia", "pos-operatorio-hernia.md"),
        ("Mamografia e densitometria", "mamografias.pdf"),
        ("Convenios exames", "convenios-exames.csv"),
        ("Instruções ao paciente", "Documento1.docx"),
        ("Instruções ao paciente", "orientacoes_final-v2.pdf"),
        ("Instruções ao paciente", "IMG_20260312-WA0003.jpg"),
        ("Instruções ao paciente", "scan.pdf"),
    ],
)
def test_a_name_that_says_no_more_than_the_title_is_left_out(title: str, name: str) -> None:
    assert full_title(title, name) == title
