"""The `atende` command."""


def main() -> None:
    """Run the command."""
