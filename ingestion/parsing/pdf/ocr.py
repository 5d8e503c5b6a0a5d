"""Pictures of text to text, with Tesseract in process, where its language data is installed.

The wheel `tesserocr` carries Tesseract itself; what a system adds is the data
(`tesseract-ocr-por`), without which nothing can be read.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from glob import glob
from pathlib import Path
from typing import Any, Final

from ingestion.parsing.decoding import clean
from ingestion.parsing.limits import Limits
from ingestion.parsing.pdf.page import Line

#: Where systems keep Tesseract's data, in the order of the search.
PLACES: Final = (
    "/usr/share/tesseract-ocr/*/tessdata",
    "/usr/share/tessdata",
    "/usr/share/tesseract/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)

#: Dots per inch that Tesseract reads best, and the longest side of a picture in dots.
DPI: Final = 300
LONGEST_SIDE: Final = 5000

#: Mean confidence in percent below which what was read is noise from a photograph.
LEAST_CONFIDENCE: Final = 35

#: Packages to install, as Debian and Ubuntu call them.
PACKAGES: Final = {"por": "tesseract-ocr-por", "eng": "tesseract-ocr-eng"}

#: A rendered page to its lines; none where nothing can be read in it.
Recognise = Callable[[Any], list[Line]]


@contextmanager
def recogniser(limits: Limits) -> Iterator[tuple[Recognise | None, str]]:
    """(recogniser, reason): the reason, a clause with what to do, says why pages stay unread.

    The recogniser is None where there is none.
    """
    if not limits.ocr:
        yield None, "text recognition is off (ATENDE_OCR)"
        return
    folder, languages = tesseract_data(limits.ocr_languages)
    if not languages:
        first = limits.ocr_languages.split("+")[0]
        data_package = PACKAGES.get(first, f"tesseract-ocr-{first}")
        packages = " and ".join(dict.fromkeys(["tesseract-ocr", data_package]))
        yield None, f"install {packages} to have them read, and ingest them again"
        return
    try:
        import tesserocr  # noqa: PLC0415 - 30 MB that most files never need
    except ImportError:
        yield None, "pip install tesserocr to have them read, and ingest them again"
        return
    with ExitStack() as stack:
        engines: list[Any] = []

        def recognise(picture: Any) -> list[Line]:  # noqa: ANN401 - PIL's image
            if not engines:  # a tenth of a second, which most files never need
                api = tesserocr.PyTessBaseAPI(path=folder, lang=languages, psm=tesserocr.PSM.AUTO)
                engines.append(stack.enter_context(api))
            (engine,) = engines
            engine.SetImage(picture)
            engine.SetSourceResolution(DPI)
            text = clean(engine.GetUTF8Text())
            if engine.MeanTextConf() < LEAST_CONFIDENCE:
                return []
            return [
                Line(words, 0.0) for line in text.split("\n") if (words := " ".join(line.split()))
            ]

        yield recognise, "nothing legible was found on them"


@cache
def tesseract_data(languages: str) -> tuple[str, str]:
    """(folder, languages) of Tesseract's data: empty unless the first language is there.

    >>> tesseract_data("xxx")
    ('', '')
    """
    names = languages.split("+")
    prefix = os.environ.get("TESSDATA_PREFIX")
    for place in [*([prefix] if prefix else []), *PLACES]:
        for folder in sorted(glob(place), reverse=True):  # noqa: PTH207 - absolute patterns
            present = [name for name in names if Path(folder, f"{name}.traineddata").is_file()]
            if present and present[0] == names[0]:
                return folder, "+".join(present)
    return "", ""
