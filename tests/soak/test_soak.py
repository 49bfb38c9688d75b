"""A gate in service for a while: load, reloads, deaths, slow and leaving clients, revoked keys, two kill -9. Afterwards
the books are right and nothing is left over. See README.md in tests/."""

import os

import pytest

from soak.life import Soak
from soak.verdict import verdict

MINUTES = float(os.environ.get("OSTIARY_TEST_SOAK") or 0)


def soak_for(folder, seconds):
    soak = Soak(folder, seconds)
    try:
        soak.run()
        wrong, summary = verdict(soak)
    finally:
        soak.close()
    print(summary)
    assert not wrong, "\n".join([*wrong, summary, f"data folder: {soak.gate.data}", "the gate's last words:",
                                 *soak.gate.stderr.splitlines()[-15:]])


@pytest.mark.timeout(120)
def test_a_short_life_with_everything_in_it(tmp_path):
    soak_for(tmp_path, 12)


@pytest.mark.skipif(not MINUTES, reason="OSTIARY_TEST_SOAK gives no minutes")
@pytest.mark.timeout(MINUTES * 60 + 300)
def test_a_long_life(tmp_path):
    soak_for(tmp_path, MINUTES * 60)
