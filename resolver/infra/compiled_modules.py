"""The list of compiled modules, and the state of each: whether it runs as code compiled from the present source.

The modules are ordinary Python with Cython annotations: without a compiler they run as plain Python, with the same
answers. A compiled module carries the hash of its source (`SOURCE_HASH`, added by `compiled_build`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

MODULES = (
    "resolver.index.counting",
    "resolver.index.hash_tables",
    "resolver.index.postings",
    "resolver.index.top_k",
    "resolver.resolving.kernel.alignment",
    "resolver.resolving.kernel.boosted_trees",
    "resolver.resolving.kernel.entity_ranking",
    "resolver.resolving.kernel.feature_vectors",
    "resolver.resolving.kernel.form_batch",
    "resolver.resolving.kernel.form_measures",
    "resolver.resolving.kernel.workspace",
    "resolver.resolving.kernel.written_agreement",
    "resolver.sound.beam_search",
    "resolver.sound.edit_distance",
    "resolver.sound.multigram_alignment",
    "resolver.sound.multigram_em",
    "resolver.sound.mutual_information",
    "resolver.sound.trigrams",
    "resolver.text.form_screen",
    "resolver.text.scanner",
)
"""The modules that are compiled; `tool.setuptools.ext-modules` in pyproject.toml lists the same ones."""

SHARED = "resolver.infra._cython_views"
"""The extension module with the Cython code that all of them need; it has no source file."""

FORCE_PLAIN = "RESOLVER_PLAIN"
"""The environment variable that makes every module run as plain Python, for tests and debugging."""

_PACKAGE = Path(__file__).parents[1]


class ModuleState(NamedTuple):
    """The name of a compiled module, and its state: "compiled", "plain" or "stale" (compiled from another source)."""

    name: str
    state: str


def source_path(name: str) -> Path:
    """The Python file of a module of MODULES."""
    return _PACKAGE.joinpath(*name.split(".")[1:]).with_suffix(".py")


def source_hash(source: Path) -> str:
    """The hash of a module's source file and of the declarations (.pxd) in its folder."""
    from hashlib import sha256

    files = [source, *sorted(source.parent.glob("*.pxd"))]
    return sha256(b"\0".join(file.read_bytes().replace(b"\r\n", b"\n") for file in files)).hexdigest()[:16]


def extension_path(name: str) -> Path | None:
    """The path of a module's compiled file, or None."""
    stem = _PACKAGE.joinpath(*name.split(".")[1:])
    paths = (stem.with_name(stem.name + suffix) for suffix in EXTENSION_SUFFIXES)
    return next((path for path in paths if path.exists()), None)


class PlainFinder:
    """An import finder for modules that must run as plain Python even if a compiled file exists.

    Modules that share struct layouts (those of a folder with .pxd files) run compiled all together or not at all, and
    none does without SHARED.
    """

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The spec of the plain module, or None if the usual finders apply."""
        if name not in MODULES or not _runs_plain(name.rpartition(".")[0]):
            return None
        return spec_from_file_location(name, source_path(name))


@cache
def _runs_plain(package: str) -> bool:
    """Whether the modules of a package must run as plain Python."""
    if os.environ.get(FORCE_PLAIN) or extension_path(SHARED) is None:
        return True
    together = [name for name in MODULES if name.rpartition(".")[0] == package]
    shares_layout = any(source_path(together[0]).parent.glob("*.pxd"))
    return shares_layout and any(extension_path(name) is None for name in together)


def module_states() -> Iterator[ModuleState]:
    """The state of each module of MODULES in this process. Imports the modules that are not imported yet."""
    from importlib import import_module

    for name in MODULES:
        module, source = import_module(name), source_path(name)
        if not str(module.__file__).endswith(tuple(EXTENSION_SUFFIXES)):
            yield ModuleState(name, "plain")
        elif source.exists() and getattr(module, "SOURCE_HASH", "") != source_hash(source):
            yield ModuleState(name, "stale")
        else:
            yield ModuleState(name, "compiled")


def all_compiled() -> bool:
    """Whether every module runs as code compiled from the present source."""
    return all(state == "compiled" for _, state in module_states())


@cache
def warn_unless_compiled() -> None:
    """Print on stderr, once per process, which modules run as plain Python or were compiled from another source."""
    states = list(module_states())
    plain = [name for name, state in states if state == "plain"]
    stale = [name for name, state in states if state == "stale"]
    if len(plain) == len(MODULES):
        print("resolver: running without compiled modules: same answers, but slower", file=sys.stderr)
    elif plain:
        print(f"resolver: running slower, without these compiled modules: {', '.join(plain)}", file=sys.stderr)
    if stale:
        print(f"resolver: modules compiled from a different source: {', '.join(stale)}", file=sys.stderr)


def install() -> None:
    """Put PlainFinder first among the import finders."""
    if PlainFinder not in sys.meta_path:
        sys.meta_path.insert(0, PlainFinder)
