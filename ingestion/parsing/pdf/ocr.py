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
from ingestion.parsing.pdf.line import Line

#: Where systems keep Tesseract's data, in the order of looking.
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
    """What reads pictures, or nothing and why not: a clause with what to do."""
    if not limits.ocr:
        yield None, "text recognition is off (ATENDE_OCR)"
        return
    folder, languages = data_of(limits.ocr_languages)
    if not languages:
        wanted = limits.ocr_languages.split("+")
        packages = [PACKAGES.get(each, f"tesseract-ocr-{each}") for each in wanted]
        needed = " and ".join(dict.fromkeys(["tesseract-ocr", *packages[:1]]))
        yield None, f"install {needed} to have them read, and ingest them again"
        return
    try:
        import tesserocr  # noqa: PLC0415 - 30 MB that most files never need
    except ImportError:
        yield None, "pip install tesserocr to have them read, and ingest them again"
        return
    with ExitStack() as stack:
        opened: list[Any] = []

        def recognise(picture: Any) -> list[Line]:  # noqa: ANN401 - PIL's image
            if not opened:  # a tenth of a second, which most files never need
                way = tesserocr.PyTessBaseAPI(path=folder, lang=languages, psm=tesserocr.PSM.AUTO)
                opened.append(stack.enter_context(way))
            (api,) = opened
            api.SetImage(picture)
            api.SetSourceResolution(DPI)
            text = clean(api.GetUTF8Text())
            if api.MeanTextConf() < LEAST_CONFIDENCE:
                return []
            return [
                Line(words, 0.0) for line in text.split("\n") if (words := " ".join(line.split()))
            ]

        yield recognise, "nothing legible was found on them"


@cache
def data_of(languages: str) -> tuple[str, str]:
    """(folder, languages) that can be read: the first one asked for must be there.

    >>> data_of("xxx")
    ('', '')
    """
    wanted = languages.split("+")
    given = os.environ.get("TESSDATA_PREFIX")
    for place in [*([given] if given else []), *PLACES]:
        for folder in sorted(glob(place), reverse=True):  # noqa: PTH207 - absolute patterns
            there = [each for each in wanted if Path(folder, f"{each}.traineddata").is_file()]
            if there and there[0] == wanted[0]:
                return folder, "+".join(there)
    return "", ""
