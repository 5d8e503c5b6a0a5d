"""The phone's screen in the terminal: bubbles as they come, ticks, and who writes."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from typing import Final, Self

from rich.console import Console
from rich.text import Text

from workers.commands.support.phone.bubbles import line_of
from workers.commands.support.phone.chat import Chat
from workers.simulation.whatsapp.chat import Bubble, State
from workers.simulation.whatsapp.refusal import Refusal

with contextlib.suppress(ImportError):  # some Pythons lack it: then the prompt is not restored
    import readline

PROMPT: Final = "você > "
#: Seconds between two looks at the phone, and for which a second tick is waited for.
_LOOK_SECONDS, _TICK_SECONDS = 0.1, 3.0


class Screen:
    """Shows a phone until it is closed, from a thread of its own.

    Args:
        console: where it is shown.
        chat: whose phone is shown; its notes come here.
    """

    def __init__(self, console: Console, chat: Chat) -> None:
        self._console = console
        self._chat = chat
        chat.note = self.note
        self._shown: dict[str, State] = {}
        self._first_seen: dict[str, float] = {}
        self._refusals = 0
        self._typing = False
        self._prompting = False
        self._closed = threading.Event()
        self._lock = threading.RLock()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        """Begin to show."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Show what came last, and end."""
        self._closed.set()
        self._thread.join()
        self._look()

    def line(self) -> str:
        """What the patient types, taken from the screen: its bubble stands there soon.

        Raises:
            EOFError: nothing more is typed.
        """
        self._prompting = True
        try:
            typed = input(PROMPT)
        finally:
            self._prompting = False
        if self._console.is_terminal:
            with self._lock:
                rows = -(-(len(PROMPT) + len(typed)) // self._console.width)
                self._console.file.write(f"\x1b[{rows}A\r\x1b[J")
                self._console.file.flush()
        return typed

    def note(self, text: str) -> None:
        """Show a line that is no bubble."""
        self._print(Text(f"       {text}", "dim"))

    def _watch(self) -> None:
        while not self._closed.wait(_LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        """Show what is new since the last look."""
        with self._lock:
            bubbles = self._chat.phone.all_bubbles()
            for bubble in self._new(bubbles):
                self._show(bubble, bubbles)
            self._show_marks(bubbles)
            for code in self._chat.graph.server.refusals[self._refusals :]:
                self._refusals += 1
                title = Refusal(code).title
                self.note(f"✗ a API recusou uma mensagem da clínica: {code} ({title})")
        self._chat.phone.reads()

    def _new(self, bubbles: tuple[Bubble, ...]) -> Iterator[Bubble]:
        """Bubbles to show: those that arrived, or failed; the patient's last waits for its tick."""
        for bubble in bubbles:
            if bubble.id in self._shown:
                continue
            seen = self._first_seen.setdefault(bubble.id, time.monotonic())
            waits = time.monotonic() - seen < _TICK_SECONDS and bubble.state < State.DELIVERED
            if bubble.by == "patient" and waits and not self._closed.is_set():
                return
            if bubble.by == "assistant" and bubble.state < State.DELIVERED:
                continue
            self._shown[bubble.id] = bubble.state
            yield bubble

    def _show(self, bubble: Bubble, bubbles: tuple[Bubble, ...]) -> None:
        if bubble.state is State.FAILED:
            title = Refusal(bubble.error or 0).title
            self.note(f"✗ uma mensagem da clínica não chegou: {bubble.error} ({title})")
            return
        quoted = next((one for one in bubbles if one.id == bubble.replies_to), None)
        width = self._console.width - 4 if self._console.is_terminal else None  # room for ticks
        self._print(line_of(bubble, quoted, width))

    def _show_marks(self, bubbles: tuple[Bubble, ...]) -> None:
        """Say what was read, and that somebody writes."""
        marks = []
        for bubble in bubbles:
            before = self._shown.get(bubble.id, State.READ)
            if bubble.by == "patient" and before < State.READ == bubble.state:
                self._shown[bubble.id] = bubble.state
                marks = ["✓✓ lida"]
        typing = self._chat.phone.inbox().typing
        if typing and not self._typing:
            marks.append(f"{self._chat.phone.number.name} está digitando…")
        self._typing = typing
        if marks:
            self.note(" · ".join(marks))

    def _print(self, text: Text) -> None:
        with self._lock:
            if self._prompting and self._console.is_terminal:
                self._console.file.write("\r\x1b[J")
            self._console.print(text, highlight=False, soft_wrap=not self._console.is_terminal)
            if self._prompting and self._console.is_terminal and not self._closed.is_set():
                typed = readline.get_line_buffer() if "readline" in sys.modules else ""
                self._console.file.write(PROMPT + typed)
                self._console.file.flush()
