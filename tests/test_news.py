"""Forty labelled texts of our own (tests/data/news.jsonl): most distortions are set right, little else changes."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
def test_labelled_news():
    script = HERE.parent / "scripts" / "evaluate_gold"
    result = subprocess.run(
        [sys.executable, script, HERE / "data" / "news.jsonl", "--quiet"], capture_output=True, text=True, check=False
    )
    for line in result.stdout.splitlines():
        policy, *pairs = line.split()
        counts = {key: int(value) for key, value in (pair.split("=") for pair in pairs)}
        assert counts["yes"] == 213, policy
        assert counts["yes_right"] >= 190, line
        assert counts["no_changed"] + counts["protect_changed"] <= 10, line
        assert counts["unstable"] == 0, line
    assert result.stdout.count("\n") == 2, result.stderr
