"""The build step of the compiled modules. setuptools runs it (see pyproject.toml); nothing imports it at run time.

Each module is translated from a copy of its source to which its hash is appended. Cython's own code for memoryviews
goes into one shared extension module, which halves the compile time.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from setuptools import Extension
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

ROOT = Path(__file__).parents[2]
_spec = spec_from_file_location("compiled_modules", Path(__file__).with_name("compiled_modules.py"))
assert _spec is not None and _spec.loader is not None
compiled_modules = module_from_spec(_spec)
_spec.loader.exec_module(compiled_modules)

FLAGS = ["-O3", "-g0"] if os.name == "posix" else []


class BuildCompiled(build_ext):
    """Builds the extension modules in parallel, one per processor."""

    parallel: int | None

    def finalize_options(self) -> None:
        """Add the shared extension module."""
        modules = self.distribution.ext_modules
        if all(extension.name != compiled_modules.SHARED for extension in modules):
            modules.insert(0, Extension(compiled_modules.SHARED, [], optional=True))
        for extension in modules:
            extension.extra_compile_args = FLAGS
        super().finalize_options()
        if not self.parallel:
            self.parallel = os.cpu_count()

    def build_extension(self, ext: Extension) -> None:
        """Translate a module to C if its source has changed, and compile it."""
        folder = Path(self.build_temp).absolute() / "cython"
        if ext.name == compiled_modules.SHARED:
            ext.sources = [str(self._shared(folder))]
        elif ext.sources[0].endswith(".py"):
            ext.sources = [str(self._translated(folder, ext))]
        super().build_extension(ext)

    def _translated(self, folder: Path, ext: Extension) -> Path:
        """The C file of a module, translated if its source has changed."""
        source = ROOT / ext.sources[0]
        relative = Path(ext.sources[0])
        copy, made = folder / relative, folder / relative.with_suffix(".c")
        text = source.read_text(encoding="utf-8") + f'\nSOURCE_HASH = "{compiled_modules.source_hash(source)}"\n'
        if made.exists() and copy.exists() and copy.read_text(encoding="utf-8") == text:
            return made
        made.unlink(missing_ok=True)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text, encoding="utf-8")
        options = [f"--shared={compiled_modules.SHARED}", f"--module-name={ext.name}", f"-I{ROOT}", "-3"]
        self._cython([*options, relative.as_posix(), "-o", relative.with_suffix(".c").as_posix()], folder)
        return made

    def _shared(self, folder: Path) -> Path:
        """The C file with Cython's own code."""
        made = folder / "shared" / f"{compiled_modules.SHARED.rpartition('.')[2]}.c"
        if not made.exists():
            made.parent.mkdir(parents=True, exist_ok=True)
            self._cython([f"--generate-shared={made}"], folder)
        return made

    @staticmethod
    def _cython(arguments: list[str], folder: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "cython", *arguments], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CompileError(f"cython {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
