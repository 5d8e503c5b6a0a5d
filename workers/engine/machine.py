"""Looks at the machine for the engine: memory, cores, flags, libraries, weights."""

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

_CGROUP = Path("/sys/fs/cgroup")

#: Bytes of one number: vLLM's names in lower case, safetensors' in upper case.
SIZES = {"float32": 4, "float16": 2, "bfloat16": 2, "F32": 4, "F16": 2, "BF16": 2}


def look(*, gpu: bool) -> Machine:
    """Describe this machine."""
    return Machine(
        gpu=gpu,
        flags=_flags(),
        cores=tuple(sorted(psutil.Process().cpu_affinity() or range(psutil.cpu_count() or 1))),
        available=free(),
        preload=() if gpu else tuple(map(str, preload_libraries())),
    )


def _flags() -> frozenset[str]:
    """The processor's flags; empty where the system does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return frozenset()
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return frozenset(found[1].split()) if found else frozenset()


def free() -> int:
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
    found: list[Path] = []
    spec = importlib.util.find_spec("vllm")
    for folder in spec.submodule_search_locations or [] if spec else []:
        found += sorted(Path(folder, "libs").glob("libtcmalloc*.so*"))[:1]
    try:
        files = distribution("intel-openmp").files or []
    except PackageNotFoundError:
        files = []
    found += [Path(str(file.locate())).resolve() for file in files if file.name == "libiomp5.so"]
    return [path for path in found if path.is_file()]


def weights_bytes(source: ModelSource, dtype: str) -> int | None:
    """Size of a model's weights once loaded, in bytes; None where its files are not here yet."""
    total = 0
    for _, shape, kind in _headers(source.location):
        total += math.prod(shape) * SIZES.get(dtype, SIZES.get(kind, 1))
    return total or None


def shapes(location: str) -> dict[str, tuple[int, ...]]:
    """Shape of each weight by its name; empty where the files are not here yet."""
    return {name: shape for name, shape, _ in _headers(location)}


def _headers(location: str) -> Iterator[tuple[str, tuple[int, ...], str]]:
    """Name, shape and number type of each weight of a folder or hub name, without reading it."""
    folder = Path(location)
    if not folder.is_dir():
        cached = try_to_load_from_cache(location, "config.json")
        if not isinstance(cached, str):
            return
        folder = Path(cached).parent
    for path in folder.glob("*.safetensors"):
        with safe_open(os.fspath(path), framework="numpy") as weights:
            for name in weights.keys():  # noqa: SIM118 (no mapping: it only has this method)
                part = weights.get_slice(name)
                yield name, tuple(part.get_shape()), part.get_dtype()
