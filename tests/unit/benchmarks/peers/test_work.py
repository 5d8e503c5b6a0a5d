import pytest

from benchmarks.peers.work import Measurement, Run


def test_a_result_is_read_from_among_other_lines() -> None:
    result = Measurement("Atende", 40.0, (Run(100, 20.0, 1000, 90, 10), Run(9, 2.0, 90, 8, None)))
    output = f"loading\n{result.line()}\n(MainProcess) WARNING: ended\n"
    assert Measurement.of(output) == result


def test_a_process_without_a_result_is_an_error() -> None:
    with pytest.raises(ValueError, match="no result"):
        Measurement.of("Traceback …\n")
