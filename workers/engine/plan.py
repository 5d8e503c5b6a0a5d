"""What vLLM is started with, and why. Pure decisions; `vllm_engine` carries them out."""

import difflib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workers.engine.lora import Adapter
from workers.engine.model import ModelSource
from workers.engine.protocol import EngineStartError
from workers.engine.shape import ModelShape
from workers.engine.step import GIB, Card, step_tokens
from workers.settings import WorkerSettings

#: Questions generated at the same time, unless a setting says otherwise. Seen with `LLM.chat` and
#: the embedded model on 2 cores (bfloat16, sets of 150 to 200 prompts, other work beside it): 3.9
#: and 5.1 answers/s with 24, 4.6 and 5.8 with 64, 3.5 and 6.1 with 128.
CPU_SLOTS = 64
GPU_SLOTS = 256

#: Tokens of a block of the key-value cache on a processor, where vLLM takes 128: only whole
#: blocks are shared, so more of a prompt is. Seen as above, 64 slots: 5.0 and 8.2 answers/s.
CPU_BLOCK_TOKENS = 32

#: Tokens of one step on a processor, of prompts and answers together. Seen there: the longest step
#: takes 0.2 s with 512, 0.4 s with 1,024, 0.6 s with 2,048, at the same answers/s.
CPU_STEP_TOKENS = 512

#: Share of a GPU's memory for weights and key-value cache.
GPU_MEMORY_SHARE = 0.85

#: Environment that keeps vLLM quiet, and its telemetry off.
QUIET = {"VLLM_LOGGING_LEVEL": "WARNING", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}

#: Arguments whose values nobody is shown.
SECRET_ARGUMENTS = ("hf_token",)

#: What vLLM's processes take beside weights and key-value cache, in bytes (seen: 2.8 GiB).
OVERHEAD = 3 * GIB

#: Processor flags with which bfloat16 has a fast path (x86 and ARM).
FAST_BFLOAT16 = frozenset({"avx512f", "avx512_bf16", "amx_bf16", "bf16"})


@dataclass(frozen=True, slots=True)
class Machine:
    """What the engine runs on.

    Attributes:
        gpu: vLLM runs on an accelerator.
        flags: the processor's feature flags.
        cores: numbers of the logical processors that this process may use.
        available: free memory in bytes.
        preload: libraries for LD_PRELOAD of the engine's processes.
        card: the accelerator; None on a processor, and where its driver says nothing.
    """

    gpu: bool
    flags: frozenset[str]
    cores: tuple[int, ...]
    available: int
    preload: tuple[str, ...] = ()
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class EnginePlan:
    """Arguments and environment of the engine.

    Attributes:
        arguments: for vLLM's `AsyncEngineArgs`.
        environment: variables to set where they are not set yet.
        reasons: of each choice, by its argument; `cores` is one besides.
    """

    arguments: dict[str, Any]
    environment: dict[str, str]
    reasons: dict[str, str]

    @property
    def slots(self) -> int:
        """Questions generated at the same time."""
        return int(self.arguments["max_num_seqs"])

    @property
    def explanation(self) -> str:
        """Every choice with its reason, for people: `name=value (reason), ...`."""
        values = self.arguments | dict.fromkeys(SECRET_ARGUMENTS, "(set)")
        return ", ".join(
            f"{name}={values[name]} ({reason})" if name in values else f"{name}: {reason}"
            for name, reason in self.reasons.items()
        )

    def cache_bytes(self, environment: Mapping[str, str]) -> int:
        """Size of the key-value cache on a processor; vLLM lets its own variable win."""
        if gib := environment.get("VLLM_CPU_KVCACHE_SPACE"):
            return int(gib) * GIB
        return int(self.arguments.get("kv_cache_memory_bytes") or 0)


def plan(
    settings: WorkerSettings,
    source: ModelSource,
    machine: Machine,
    adapter: Adapter | None = None,
    shape: ModelShape | None = None,
) -> EnginePlan:
    """Choose the engine's arguments; `settings.engine_args` win over every choice.

    Args:
        settings: of the worker.
        source: the model.
        machine: what it runs on.
        adapter: of the model, if one is set.
        shape: of the model; None where its files are not here yet.

    Raises:
        EngineStartError: the token settings contradict each other.
    """
    choices = _common_choices(settings, machine)
    slots = int(settings.engine_args.get("max_num_seqs") or choices["max_num_seqs"][0])
    choices |= (
        _gpu_choices(settings, machine.card, shape, slots)
        if machine.gpu
        else _processor_choices(settings, slots)
    )
    if shape and shape.senses:
        # Else a step must hold the tokens of a whole picture, and memory is kept for it.
        choices["language_model_only"] = (True, "questions are texts")
    if adapter:
        choices["enable_lora"] = (True, f"ATENDE_LORA={adapter.name}")
        choices["max_lora_rank"] = (adapter.rank, "the adapter's own")
    choices |= {name: (value, "ATENDE_ENGINE_ARGS") for name, value in settings.engine_args.items()}
    arguments = {
        "model": source.location,
        "served_model_name": source.name,
        "disable_log_stats": True,  # else vLLM logs each 10 s; Atende's meters count instead
        **{name: value for name, (value, _) in choices.items()},
    }
    reasons = {name: reason for name, (_, reason) in choices.items()}
    environment: dict[str, str] = {}
    if not machine.gpu:
        environment = _processor_environment(arguments, machine)
        reasons["cores"] = f"{len(machine.cores)}, all that this process may use"
    _check_tokens(settings, arguments)
    return EnginePlan(arguments, environment, reasons)


#: Arguments with the reason of each.
_Choices = dict[str, tuple[Any, str]]


def _common_choices(settings: WorkerSettings, machine: Machine) -> _Choices:
    slots, slots_reason = settings.engine_slots, "ATENDE_ENGINE_SLOTS"
    if slots is None and machine.gpu:
        slots, slots_reason = (
            GPU_SLOTS,
            "vLLM fills a GPU with these; what does not fit waits in it",
        )
    if slots is None:
        slots, slots_reason = CPU_SLOTS, "more are hardly faster on a processor"
    return {
        "dtype": _dtype(settings, machine),
        "max_model_len": (settings.context_tokens, "ATENDE_CONTEXT_TOKENS"),
        "max_num_seqs": (slots, slots_reason),
        "scheduling_policy": ("priority", "interactive questions go first"),
        "enable_prefix_caching": (True, "prompts share their beginning, and answers are resumed"),
        "enable_chunked_prefill": (True, "a long prompt does not hold up answers in progress"),
    }


def _gpu_choices(
    settings: WorkerSettings, card: Card | None, shape: ModelShape | None, slots: int
) -> _Choices:
    # vLLM takes the share at once, and refuses to start where less is free: its own 0.92 leaves
    # no room for an embedding model and a reranker that are loaded before it.
    reason = "the rest is for the models of retrieval"
    choices: _Choices = {"gpu_memory_utilization": (GPU_MEMORY_SHARE, reason)}
    overrides = settings.engine_args
    # Left to itself, AsyncLLM takes 2,048 tokens a step, on whatever card. Without chunked prefill
    # a step must hold a whole prompt: vLLM sees to that.
    if card and overrides.get("enable_chunked_prefill", True):
        guesses = int((overrides.get("speculative_config") or {}).get("num_speculative_tokens", 0))
        choices["max_num_batched_tokens"] = step_tokens(
            card,
            shape.parameters if shape else None,
            ranks=int(overrides.get("tensor_parallel_size") or 1),
            least=slots * (1 + guesses),
        )
    return choices


def _processor_choices(settings: WorkerSettings, slots: int) -> _Choices:
    choices: _Choices = {
        "enforce_eager": (True, "compiling takes minutes on a processor"),
        "block_size": (CPU_BLOCK_TOKENS, "only whole blocks of a prompt are cached"),
        "kv_cache_memory_bytes": (int(settings.kv_cache_gib * GIB), "ATENDE_KV_CACHE_GIB"),
    }
    overrides = settings.engine_args
    if overrides.get("enable_chunked_prefill", True):  # without it a step must hold a whole prompt
        choices["max_num_batched_tokens"] = (
            max(CPU_STEP_TOKENS, slots),
            "a question that comes during a step waits for its end",
        )
    return choices


def _dtype(settings: WorkerSettings, machine: Machine) -> tuple[str, str]:
    if settings.model_dtype:
        return settings.model_dtype, "ATENDE_MODEL_DTYPE"
    if machine.gpu:
        return "auto", "the model's own, on a GPU"
    if fast := sorted(FAST_BFLOAT16 & machine.flags):
        return "bfloat16", f"the processor has {fast[0]}"
    # Seen: 10.7 tokens/s in bfloat16 against 81.6 in float32, on a processor with AVX2 alone.
    return "float32", "the processor has neither AVX-512 nor AMX"


def _processor_environment(arguments: Mapping[str, Any], machine: Machine) -> dict[str, str]:
    environment = {}
    ranks = int(arguments.get("tensor_parallel_size") or 1)
    if 1 <= ranks <= len(machine.cores):
        # vLLM's own choice leaves one core idle (half of the speed on two cores), and gives several
        # ranks a memory node each, which most machines do not have.
        size = len(machine.cores) // ranks
        parts = [machine.cores[size * rank : size * (rank + 1)] for rank in range(ranks)]
        environment["VLLM_CPU_OMP_THREADS_BIND"] = "|".join(",".join(map(str, p)) for p in parts)
    if machine.preload:
        environment["LD_PRELOAD"] = ":".join(machine.preload)
    return environment


def _check_tokens(settings: WorkerSettings, arguments: Mapping[str, Any]) -> None:
    if settings.answer_tokens >= settings.context_tokens:
        raise EngineStartError(
            f"ATENDE_ANSWER_TOKENS={settings.answer_tokens} leaves no room for a prompt in "
            f"ATENDE_CONTEXT_TOKENS={settings.context_tokens}. Lower the first or raise the second."
        )
    if arguments["max_model_len"] != settings.context_tokens:
        raise EngineStartError(
            f"ATENDE_ENGINE_ARGS sets max_model_len={arguments['max_model_len']}, but prompts are "
            f"written for ATENDE_CONTEXT_TOKENS={settings.context_tokens}. Set only the latter."
        )


def check_argument_names(names: Collection[str], known: Sequence[str]) -> None:
    """Refuse engine arguments that vLLM does not have, before minutes are spent on loading.

    Raises:
        EngineStartError: naming each unknown one and the nearest known one.
    """
    unknown = []
    for name in sorted(set(names) - set(known)):
        near = difflib.get_close_matches(name.replace("-", "_"), known, n=1)
        unknown.append(f"{name!r}" + (f" (did you mean {near[0]!r}?)" if near else ""))
    if unknown:
        raise EngineStartError(
            f"ATENDE_ENGINE_ARGS names what this vLLM does not have: {', '.join(unknown)}."
        )


def check_memory(settings: WorkerSettings, weights: int | None, cache: int, available: int) -> None:
    """Refuse a start that would run out of memory; the kernel would kill something else.

    Args:
        settings: for the names of the settings.
        weights: size of the weights once loaded, in bytes; None where it is not known yet.
        cache: size of the key-value cache, in bytes.
        available: free memory, in bytes.

    Raises:
        EngineStartError: with the numbers.
    """
    weights = weights or 0
    needed = weights + cache + OVERHEAD
    if needed <= available:
        return
    raise EngineStartError(
        f"Too little memory for the engine: it needs {needed / GIB:.1f} GiB (weights "
        f"{weights / GIB:.1f}, key-value cache {cache / GIB:.1f}, its processes "
        f"{OVERHEAD / GIB:.1f}), and {available / GIB:.1f} GiB are free. Nothing was started. "
        f"Lower ATENDE_KV_CACHE_GIB (now {settings.kv_cache_gib}), or choose a smaller model "
        f"with ATENDE_MODEL (now {settings.model}), or end other programs."
    )
