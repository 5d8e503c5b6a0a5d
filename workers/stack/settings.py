"""Settings of the embedded stack, on top of a worker's."""

from typing import Annotated

from pydantic import Field, ValidationError

from workers.settings import WorkerSettings
from workers.stack.errors import SettingsError

Port = Annotated[int, Field(gt=0, lt=65536)]


class LocalSettings(WorkerSettings):
    """What `atende up` and the commands that talk to it read. Read from `ATENDE_*`."""

    host: str = Field("127.0.0.1", description="Address that the API listens on.")
    port: Port = Field(8080, description="Port of the API.")
    queue_port: Port = Field(6479, description="Port of the queue that `atende up` starts.")
    tenant: str = Field("clinica", description="The clinic that the commands speak for.")
    url: str | None = Field(
        None, description="The API that `atende ask` calls. The default: the stack on this machine."
    )
    api_key: str | None = Field(
        None, description="API key of `atende ask`. The default: the one that `atende up` made."
    )
    public_url: str | None = Field(
        None,
        description="Where the internet reaches the API, as https://atende.example.com: what Meta "
        "calls.",
    )
    start_seconds: Annotated[float, Field(gt=0)] = Field(
        300.0, description="Time for the stack to become ready, the model's load included."
    )


def load_settings() -> LocalSettings:
    """The settings.

    Raises:
        SettingsError: some are wrong; the message names each of them.
    """
    try:
        return LocalSettings()
    except ValidationError as error:
        faults = [
            f"ATENDE_{'_'.join(str(part) for part in fault['loc']).upper()}: {fault['msg']}."
            for fault in error.errors()
        ]
        raise SettingsError(
            "\n".join([*faults, "Nothing was started or changed. Correct it and try again."])
        ) from error
