"""What README.md shows is what the commands print."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def shown():
    """The commands of the first console block, with the lines that follow each."""
    block = README.split("```console\n")[1].split("```")[0]
    for part in block.split("$ ")[1:]:
        command, _, output = part.partition("\n")
        yield command, output


@pytest.mark.slow
@pytest.mark.parametrize(("command", "output"), list(shown()))
def test_console_block(command, output):
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True, env=environment)
    assert result.stdout == output


@pytest.mark.slow
def test_python_block_runs():
    code = README.split("```python\n")[1].split("```")[0]
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "linked ZTE\nlinked Yoshihide Suga\n" in result.stdout


@pytest.mark.slow
def test_demo_edits():
    """The edits that README.md quotes of the demo are those that rewriting the sample corpus makes."""
    from resolver.api.opening import open as open_names
    from resolver.corpus.byte_streams import open_input
    from resolver.corpus.formats import format_of
    from resolver.corpus.formats.file_format import FormatOptions

    sample = str(Path(__file__).parent.parent / "data" / "sample" / "wire.jsonl")
    quoted = [line.strip() for line in README.splitlines() if line.startswith("  wire-")]
    format = format_of(sample, None, FormatOptions())
    with open_input(sample) as file, open_names() as names:
        made = [
            f"{e.doc} {e.start:>3}-{e.end:<3} {e.before} -> {e.after}  ({e.probability:.2f}, {e.reason})"
            for part in format.parts(file)
            for record in format.rewrite(part, names.rewrite)
            for e in record.edits
        ]
    assert quoted
    assert set(quoted) <= set(made)
