"""What every channel has."""

from tests.sample_channel import channel


def test_hours_are_those_of_the_clinic_s_zone_and_holidays() -> None:
    opening = channel(hours="seg-sex 8h-18h", holidays=["2026-12-25"]).opening_hours
    assert opening is not None
    assert opening.zone.key == "America/Sao_Paulo"
    assert len(opening.holidays) == 1
    assert channel().opening_hours is None
