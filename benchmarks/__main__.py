"""`make bench`: every script, one after the other; each writes its figures into `results.json`."""

import subprocess
import sys

#: Each in a process of its own: threads and memory of one say nothing of the next.
SCRIPTS = (
    ("walk",),
    ("control_plane",),
    ("full_lanes",),
    ("scale_out",),
    ("api",),
    ("channel_posts",),
    ("ingest", "speed"),
    ("ingest", "scale"),
    ("retrieval",),
    ("triage",),
    ("gate",),
    ("selector",),
    ("broad",),
    ("follow_ups",),
    ("bursts",),
    ("mails",),
    ("clusters",),
    ("answers",),
    ("drafts",),
    ("throughput",),
    ("lanes",),
    ("day",),
    ("ambiguous_sends",),
    ("channel_drill",),
    ("mail_drill",),
    ("gpu_shape",),
    ("plots",),  # last: of all the others' figures
)


def main() -> None:
    """Run all; one that fails stops no other."""
    failed = [
        " ".join(script)
        for script in SCRIPTS
        if subprocess.call([sys.executable, "-m", f"benchmarks.{script[0]}", *script[1:]])  # noqa: S603 - our own
    ]
    if failed:
        sys.exit(f"These failed, the others were measured: {', '.join(failed)}")


if __name__ == "__main__":
    main()
