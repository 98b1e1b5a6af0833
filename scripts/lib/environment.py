"""Sets up the virtual environment .venv: dependencies, the project itself (editable) and its compiled modules.

Usage: python scripts/lib/environment.py [EXTRA]...

Each EXTRA is a list of optional dependencies in pyproject.toml, such as dev. Only what has changed since the last time
is done: another Python or another place of this folder makes a new environment; another dependency or entry point
installs; a changed compiled module is rebuilt. Prints a line per step, with the seconds since
the start. Needs nothing but Python's standard library; takes about 30 s on two idle cores with a C compiler.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts" if sys.platform == "win32" else "bin") / "python"
STAMPS = VENV / "stamps.json"
"""A hash of each thing that was installed, by its name, from the last time."""
STARTED = time.monotonic()


def step(text):
    print(f"[{time.monotonic() - STARTED:3.0f} s] {text}", file=sys.stderr, flush=True)


def run(*command):
    """Run a command of the environment; exits as it does when it fails."""
    done = subprocess.run([PYTHON, *command], cwd=ROOT)
    if done.returncode:
        sys.exit(f"failed: {' '.join(map(str, command))}")


def pip(*arguments):
    """Install packages, without compiling all their modules to bytecode: each is when it is first imported."""
    run("-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-compile", *arguments)


def stamp(*parts):
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def stamps_of(settings, extras):
    """The parts to install, by name, each with the hash of all that it depends on."""
    project = settings["project"]
    keys = ("name", "version", "requires-python", "scripts", "entry-points")
    package_dir = settings["tool"]["setuptools"].get("package-dir")
    return {
        "python": stamp(sys.version, str(ROOT)),
        "dependencies": stamp(settings["build-system"]["requires"], project["dependencies"]),
        "project": stamp([project.get(key) for key in keys], package_dir),
        **{f"extra {name}": stamp(project["optional-dependencies"][name]) for name in extras},
    }


def main():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = sys.argv[1:]
    unknown = [name for name in extras if name not in settings["project"]["optional-dependencies"]]
    if unknown:
        sys.exit(f"environment: no such extra in pyproject.toml: {', '.join(unknown)}")
    wanted = stamps_of(settings, extras)
    known = json.loads(STAMPS.read_text(encoding="utf-8")) if STAMPS.is_file() and PYTHON.exists() else {}
    if known.get("python") != wanted["python"]:
        step(f"making {VENV.name} with Python {sys.version.split()[0]}")
        if STAMPS.is_file():  # otherwise it is one that somebody made by hand
            shutil.rmtree(VENV)
        subprocess.run([sys.executable, "-m", "venv", VENV], check=True)
        known = {}
    changed = [name for name, value in wanted.items() if known.get(name) != value]
    packages = []
    if "dependencies" in changed:
        packages += [*settings["build-system"]["requires"], *settings["project"]["dependencies"]]
    for name in extras:
        if f"extra {name}" in changed:
            packages += settings["project"]["optional-dependencies"][name]
    if packages:
        step(f"installing {len(packages)} packages and what they need")
        pip(*packages)
    if "project" in changed or "dependencies" in changed:
        step("compiling and installing resolver (without a C compiler the plain modules serve)")
        pip("--no-deps", "--no-build-isolation", "--editable", ".")
    else:
        build_kernel()
    if changed:
        STAMPS.write_text(json.dumps(known | wanted, indent=1), encoding="utf-8")
        step(f"{VENV.name} is ready")


def build_kernel():
    """Build the compiled modules whose source has changed. One that cannot be built runs as plain Python."""
    if subprocess.run([PYTHON, "-W", "ignore", "scripts/build_kernel"], cwd=ROOT).returncode:
        step("not all compiled modules could be built: the plain ones serve, with the same answers")


if __name__ == "__main__":
    main()
