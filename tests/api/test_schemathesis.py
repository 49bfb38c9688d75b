"""Every operation, asked from its own document: schemathesis with all its checks, bounded."""

import subprocess
import sys
from pathlib import Path

import pytest

from lib.gate import Gate

HERE = Path(__file__).parent
# use_after_free: a revoked key stays in the list, and says so.
LEFT_OUT = "use_after_free"


@pytest.mark.timeout(1300)
def test_every_operation_is_as_the_document_says():
    with Gate([]) as gate:
        admin = gate.json_of("key", "create", "--team", "t", "--user", "u", "--scope", "admin", "--scope", "use")
        done = subprocess.run(
            [Path(sys.executable).parent / "schemathesis", "--config-file", HERE / "schemathesis.toml", "run", f"{gate.url}/api/v1/openapi.json",
             "--header", f"Authorization: Bearer {admin['key']}", "--checks", "all", "--exclude-checks", LEFT_OUT,
             # The one has no end, the other makes an end of the key that asks.
             "--exclude-operation-id", "streamExchanges", "--exclude-operation-id", "createOwnKey",
             "--max-examples", "15", "--max-time", "60", "--generation-deterministic", "--request-timeout", "10", "--workers", "1", "--no-color"],
            capture_output=True, text=True, timeout=1200)
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
        assert gate.alive()
