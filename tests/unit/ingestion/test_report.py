from ingestion.report import Event, FileRow, Report, Status

REPORT = Report(
    tenant="clinica",
    path="/docs",
    rows=(
        FileRow(name="a.md", status=Status.NEW, chunks=3),
        FileRow(name="b.pdf", status=Status.CHANGED, chunks=2, pages=4),
        FileRow(name="c.md", status=Status.UNCHANGED, chunks=1),
        FileRow(name="d[x].pdf", status=Status.FAILED, reason="Save a copy without [bold]."),
    ),
    seconds=1.25,
    version="0123456789ab",
)


def test_a_report_travels_as_json() -> None:
    assert Report.model_validate_json(REPORT.model_dump_json()) == REPORT
    event = Event(done=1, total=2, name="a", row=REPORT.rows[0])
    assert Event.model_validate_json(event.model_dump_json()) == event


def test_the_exit_code_says_whether_a_file_failed() -> None:
    assert REPORT.exit_code == 1
    assert REPORT.model_copy(update={"rows": REPORT.rows[:3]}).exit_code == 0
