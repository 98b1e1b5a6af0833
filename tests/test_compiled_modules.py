"""The list of compiled modules has one home, and how each one runs is told truly."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import resolver
from resolver.infra.compiled_modules import MODULES, SHARED, extension_path, source_hash, source_path

ROOT = Path(resolver.__file__).parents[1]
PACKAGE = ROOT / "resolver"
compiled = pytest.mark.skipif(extension_path(SHARED) is None, reason="nothing is compiled here")


def settings():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]


def test_every_list_of_compiled_modules_is_that_one():
    modules = settings()["setuptools"]["ext-modules"]
    assert [module["name"] for module in modules] == list(MODULES)
    assert [module["sources"] for module in modules] == [
        [source_path(name).relative_to(ROOT).as_posix()] for name in MODULES
    ]
    typed = [part for part in settings()["mypy"]["overrides"] if "disallow_untyped_decorators" in part]
    assert list(MODULES) in [part["module"] for part in typed]


def test_every_module_with_compiled_loops_is_on_the_list():
    annotated = {
        "resolver." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for path in PACKAGE.rglob("*.py")
        if re.search(r"^import cython$", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert annotated == set(MODULES)


def copy_of_the_package(folder):
    """The package in another folder, with the compiled files that are here."""
    shutil.copytree(PACKAGE, folder / "resolver", ignore=shutil.ignore_patterns("__pycache__", "*.c"))
    shutil.copytree(ROOT / "data", folder / "data", ignore=shutil.ignore_patterns("*.db"))
    return folder / "resolver"


def run(folder, *arguments, **more):
    environment = os.environ | {"PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(folder / "cache")} | more
    done = subprocess.run(
        [sys.executable, "-m", "resolver", *arguments], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done


def states(done):
    return dict(re.findall(r"^module: (\S+) \((\w+)\)$", done.stdout, re.MULTILINE))


@compiled
def test_a_missing_or_stale_module_is_said(tmp_path):
    package = copy_of_the_package(tmp_path)
    whole = run(tmp_path, "info")
    assert "compiled: True\n" in whole.stdout
    assert set(states(whole).values()) == {"compiled"}
    assert "compiled modules" not in whole.stderr

    (package / extension_path("resolver.sound.trigrams").relative_to(PACKAGE)).unlink()
    with (package / "sound" / "edit_distance.py").open("a") as file:
        file.write("# another source\n")
    found = run(tmp_path, "info")
    assert states(found)["resolver.sound.trigrams"] == "plain"
    assert states(found)["resolver.sound.edit_distance"] == "stale"
    assert f"compiled: {len(MODULES) - 2} of {len(MODULES)} modules\n" in found.stdout
    assert found.stderr.count("resolver.sound.trigrams") == found.stderr.count("resolver.sound.edit_distance") == 1

    (package / extension_path("resolver.resolving.kernel.alignment").relative_to(PACKAGE)).unlink()
    kernel = {name: state for name, state in states(run(tmp_path, "info")).items() if ".kernel." in name}
    assert set(kernel.values()) == {"plain"}, "modules that share a layout run compiled together or not at all"
    assert run(tmp_path, "resolve", "Yoshihidi Soja").stdout.splitlines()[0]

    (package / extension_path(SHARED).relative_to(PACKAGE)).unlink()
    none = run(tmp_path, "info")
    assert "compiled: False\n" in none.stdout
    assert none.stderr.count("running without compiled modules") == 1


def test_plain_modules_can_be_forced(names):
    done = run(ROOT, "info", RESOLVER_PLAIN="1", XDG_CACHE_HOME=os.environ["XDG_CACHE_HOME"])
    assert "compiled: False\n" in done.stdout
    assert set(states(done).values()) == {"plain"}


def test_a_source_hash_goes_by_the_declarations_too(tmp_path):
    source = tmp_path / "loops.py"
    source.write_text("x = 1\n")
    before = source_hash(source)
    source.write_bytes(b"x = 1\r\n")
    assert source_hash(source) == before
    (tmp_path / "layout.pxd").write_text("cdef int x\n")
    assert source_hash(source) != before
