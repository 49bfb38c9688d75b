import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from lib.gate import BINARY  # noqa: E402

DIRECT = os.environ.get("OSTIARY_DIRECT") == "1"


def pytest_collection_modifyitems(config, items):
    """Without a binary nothing can be said about it: that is a failure of the run, not a skip."""
    if not BINARY.exists() and not DIRECT:
        raise pytest.UsageError(f"no gate at {BINARY}: build it first, or name one in OSTIARY_BIN")
