"""What `atende doctor` says of the model: its files, its chat template, and how vLLM starts it."""

from collections.abc import Iterator
from typing import cast

from workers.commands.support.finding import Finding
from workers.engine.arguments import vllm_arguments
from workers.engine.model import ModelError, ModelSource, model_source
from workers.engine.protocol import EngineStartError, Tokenizer
from workers.engine.trial import chat_of
from workers.settings import WorkerSettings


def model_findings(settings: WorkerSettings) -> Iterator[Finding]:
    """Check the model; nothing is loaded but its tokenizer, and nothing is downloaded."""
    try:
        source = model_source(settings)
    except ModelError as error:
        yield Finding("model", good=False, state=settings.model, repair=str(error))
        return
    note = " (a demonstration: it must not advise patients)" if source.demonstration else ""
    yield Finding("model", good=True, state=f"{source.name}{note}")
    if settings.engine != WorkerSettings.model_fields["engine"].default:
        yield Finding("engine", good=True, state=f"{settings.engine} (ATENDE_ENGINE)")
        return
    yield _template(settings, source)
    yield _engine(settings)


def _template(settings: WorkerSettings, source: ModelSource) -> Finding:
    """How the model's chat template is used, as it is tried at a worker's start."""
    from transformers import AutoTokenizer  # noqa: PLC0415 (seconds)

    try:
        tokenizer = AutoTokenizer.from_pretrained(source.location, local_files_only=True)
    except (OSError, ValueError):
        state = "not tried: the tokenizer is not here yet, or not one that transformers reads"
        return Finding("template", good=True, state=f"{state}; a worker tries it at its start")
    try:
        chat = chat_of(cast("Tokenizer", tokenizer), settings)
    except EngineStartError as error:
        return Finding("template", good=False, state="no worker would start", repair=str(error))
    state = chat.usage if chat else "none is used: prompts are texts to continue"
    return Finding("template", good=True, state=state)


def _engine(settings: WorkerSettings) -> Finding:
    """The arguments that vLLM would be started with, and why."""
    from workers.engine.vllm_engine import VllmEngine  # noqa: PLC0415 (with torch: seconds)

    try:
        plan = VllmEngine(settings).plan
        if settings.engine_args:  # vLLM judges them: 10 s
            vllm_arguments(settings.engine_args)
    except EngineStartError as error:
        return Finding("engine", good=False, state="vLLM would not start", repair=str(error))
    return Finding("engine", good=True, state=plan.explanation)
