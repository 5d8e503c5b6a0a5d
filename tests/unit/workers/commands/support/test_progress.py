from io import StringIO

from rich.console import Console

from ingestion.report import Event
from workers.commands.support.progress import FileBar


def test_the_bar_takes_any_name() -> None:
    console = Console(file=StringIO(), force_terminal=True, width=80)
    with FileBar(console) as bar:
        bar(Event(done=0, total=2, name="[/]a[bold].md", chunks_done=1, chunks_total=3))
        bar(Event(done=2, total=2, name="b.md"))
    assert isinstance(console.file, StringIO)
    assert "b.md" in console.file.getvalue()
