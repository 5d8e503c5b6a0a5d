"""`make bench`: every script, one after the other, into `results.json`."""

from benchmarks import control_plane
from benchmarks.figure import Figure, show, write


def main() -> None:
    """Measure all, show one table, write the file."""
    figures: list[Figure] = [*control_plane.measure()]
    show(figures)
    write(figures)


if __name__ == "__main__":
    main()
