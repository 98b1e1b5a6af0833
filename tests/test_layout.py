"""The order of the parts: imports run one way, down the list."""

import ast
from pathlib import Path

import resolver

PACKAGE = Path(resolver.__file__).parent
ORDER = (
    "errors records settings infra names sound index sources database"
    " resolving text corpus api adapters publish commands cli __main__"
).split()


def part_of(module):
    return module.split(".")[1] if module.startswith("resolver.") else "__init__"


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] != "data" and path.name != "__init__.py":
            yield path, parts[0]


def test_every_part_is_in_the_order():
    assert {part for _, part in modules()} <= set(ORDER)


def test_imports_run_one_way():
    wrong = []
    for path, part in modules():
        for module in imports_of(path):
            target = part_of(module) if module.split(".")[0] == "resolver" else None
            if target in ORDER and ORDER.index(target) > ORDER.index(part):
                wrong.append(f"{path.name} imports {module}")
    assert wrong == []


def test_file_names_are_unique():
    names = [path.name for path, _ in modules()]
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_modules_are_small():
    long = [path.name for path, _ in modules() if len(path.read_text(encoding="utf-8").splitlines()) > 400]
    assert long == []


def test_every_public_name_exists_and_is_documented():
    for name in resolver.__all__:
        assert getattr(resolver, name).__doc__, name
    assert set(resolver.__all__) == set(resolver._HOMES)
