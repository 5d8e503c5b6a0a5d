"""What the engine has here: memory, cores, processor flags, libraries, weights."""

import importlib.util
import math
import os
import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import psutil
from huggingface_hub import try_to_load_from_cache
from safetensors import safe_open

from workers.engine.model import ModelSource
from workers.engine.plan import Machine
from workers.engine.step import Card

_CGROUP = Path("/sys/fs/cgroup")

#: Bytes of one number: vLLM's names in lower case, safetensors' in upper case.
NUMBER_BYTES = {"float32": 4, "float16": 2, "bfloat16": 2, "F32": 4, "F16": 2, "BF16": 2}


def this_machine(*, gpu: bool, card: Card | None = None) -> Machine:
    """This machine, as a plan needs it."""
    return Machine(
        gpu=gpu,
        flags=_flags(),
        cores=tuple(sorted(psutil.Process().cpu_affinity() or range(psutil.cpu_count() or 1))),
        available=free_bytes(),
        preload=() if gpu else tuple(map(str, preload_libraries())),
        card=card,
    )


def _flags() -> frozenset[str]:
    """The processor's flags; empty where the system does not say."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    line = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return frozenset(line[1].split()) if line else frozenset()


def free_bytes() -> int:
    """Free memory in bytes, within the container's limit where there is one."""
    available = int(psutil.virtual_memory().available)
    try:
        limit = int((_CGROUP / "memory.max").read_text(encoding="utf-8"))
        used = int((_CGROUP / "memory.current").read_text(encoding="utf-8"))
    except (OSError, ValueError):  # no cgroup, or "max": no limit
        return available
    return min(available, limit - used)


def preload_libraries() -> list[Path]:
    """Intel's OpenMP and tcmalloc, where a wheel brought them; vLLM runs faster with both."""
    libraries: list[Path] = []
    spec = importlib.util.find_spec("vllm")
    for folder in spec.submodule_search_locations or [] if spec else []:
        libraries += sorted(Path(folder, "libs").glob("libtcmalloc*.so*"))[:1]
    try:
        files = distribution("intel-openmp").files or []
    except PackageNotFoundError:
        files = []
    libraries += [
        Path(str(file.locate())).resolve() for file in files if file.name == "libiomp5.so"
    ]
    return [path for path in libraries if path.is_file()]


def weights_bytes(source: ModelSource, dtype: str) -> int | None:
    """Bytes of a model's weights once loaded; None where its files are not on this machine."""
    total = 0
    for _, shape, stored in _headers(source.location):
        total += math.prod(shape) * NUMBER_BYTES.get(dtype, NUMBER_BYTES.get(stored, 1))
    return total or None


def weight_shapes(location: str) -> dict[str, tuple[int, ...]]:
    """Shape of each weight by its name; empty where the files are not on this machine."""
    return {name: shape for name, shape, _ in _headers(location)}


def _headers(location: str) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Name, shape and number type of each weight of a folder or hub name, from headers alone."""
    folder = Path(location)
    if not folder.is_dir():
        cached = try_to_load_from_cache(location, "config.json")
        if not isinstance(cached, str):
            return
        folder = Path(cached).parent
    for path in folder.glob("*.safetensors"):
        with safe_open(os.fspath(path), framework="numpy") as weights:
            for name in weights.keys():  # noqa: SIM118 (no mapping: it only has this method)
                header = weights.get_slice(name)
                yield name, tuple(header.get_shape()), header.get_dtype()
