from api.channels import signer
from benchmarks.channel_posts import CHANNEL, body_of, percentile, signed
from workers.channels.whatsapp.events import MessageEvent
from workers.channels.whatsapp.webhook import events_of


def test_a_post_is_signed_and_holds_one_message_of_its_own_patient() -> None:
    head, _, body = signed(7).partition(b"\r\n\r\n")
    (signature,) = [line for line in head.decode().split("\r\n") if line.startswith("X-Hub")]
    secrets = {CHANNEL.app: CHANNEL.app_secret}
    assert signer(body, signature.partition(": ")[2], secrets) == CHANNEL.app
    (first,), (second,) = events_of(body.decode()), events_of(body_of(8).decode())
    assert isinstance(first, MessageEvent)
    assert isinstance(second, MessageEvent)
    assert first.origin.id != second.origin.id
    assert not set(first.sender.aliases) & set(second.sender.aliases)


def test_percentiles() -> None:
    assert percentile([float(number) for number in range(1, 1001)], 99) > 989
