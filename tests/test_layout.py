"""The order of packages and modules: imports run one way, up the layers below. Names, sizes and words of files."""

import ast
import re
import subprocess
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import resolver

PACKAGE = Path(resolver.__file__).parent
ROOT = PACKAGE.parent

LAYERS = {
    "resolver": "errors | records | settings | infra | names | sound | index | sources | database | resolving | text"
    " | corpus | api | adapters | publish | commands | cli | __main__",
    "resolver.adapters": "corpus_splits open_tables | arrow_rewriter parquet_row_groups spacy string_columns | "
    "pandas polars spark | spark_engine",
    "resolver.api": "database_build engine saved_answers | names | mention_files opening | rewrite_files",
    "resolver.commands": "help_texts saved_run_commands shared_options | compare_command database_commands "
    "decision_commands publish_commands resolve_command rewrite_options | rewrite_command undo_command",
    "resolver.corpus": "byte_streams json_strings line_streams record_segments | formats mention_columns "
    "mention_log | arrow_batches outputs | runs",
    "resolver.corpus.formats": "file_format markdown_inline | text_blocks | large_records plain_text visible_text | "
    "bilingual_xml conll delimited_records html jsonl markup_format | arrow_rows delimited large_html large_xml "
    "markdown | parquet",
    "resolver.corpus.outputs": "brat diffs edit_lines report_page statistics web_annotations",
    "resolver.corpus.runs": "partial_files reverse_patches | input_files journal undo | file_outputs request "
    "run_listener shared_outputs | part_rewriting | run_plan | checkpoints planner | run",
    "resolver.database": "schema | connection layout | carry_over delta_index redirects saved_runs table_writer | "
    "build decisions_in_force rows updates | compaction decisions snapshot | table",
    "resolver.index": "counting hash_tables top_k | postings | search_index | index_builder",
    "resolver.infra": "arrays bounded_cache compiled_build compiled_modules compression gc_pause limits locks "
    "optional_libraries packaged_data spare_pool tabular | atomic_files process_pool",
    "resolver.names": "character_classes known_words life_dates markup scripts | folding tokens | "
    "distinguishing_marks name_parts written_form | acronyms glued_parts shorthand | normal_form",
    "resolver.publish": "database_detection entity_facts entity_labels json_objects pasted_column review_queue "
    "row_writers schema_docs server_workers sql_functions | entity_lookup sqlite_registration | duckdb "
    "reconciliation sql_shell sqlite_utils_plugin | web | datasette_server",
    "resolver.publish.reconciliation": "service_terms | entity_properties | match_conditions protocol_0_2 "
    "suggestions | protocol_1_0",
    "resolver.publish.web": "access_tokens answer_cache reopening_database request_fields request_limits web_errors "
    "| plugin_settings request_guard | served_table | permissions | json_replies | pages reconciliation_routes",
    "resolver.publish.web.pages": "alignment_view page_frame | batch_page entity_page login_page resolve_page "
    "review_page",
    "resolver.resolving": "batch calibration explanation features prevalence | kernel score threshold | candidates "
    "in_table resolution | decision matching saving | context overrides pair_comparison | resolver",
    "resolver.resolving.kernel": "boosted_trees mention_writing piece_flags | prepared_mention | workspace | alignment "
    "form_batch written_agreement | entity_ranking form_measures | feature_vectors | comparison",
    "resolver.sound": "beam_search edit_distance graphemes multigram_alignment multigram_em name_lexicon trigrams | "
    "alignment_buffers mutual_information search_keys | cost_tables latin_sounds | similarity",
    "resolver.sources": "archives entity_rows prepared_entities | importers | supplements | source_blocks | "
    "installed_packages merging source_report",
    "resolver.sources.importers": "importer | geonames gleif jrc_names ofac opensanctions plain_tables wikidata | "
    "format_detection",
    "resolver.text": "common_words edit_composition form_screen scanner | distortion_guards distortion_model "
    "edit_filter protected_spans | counterparts tokenised_text | policy unspaced_scripts | exact_mentions | debris "
    "distorted_mentions fuller_names stretch_cache | name_finder rewriter",
}
"""The layers of each package, lowest first: a module imports from those before its own only, and none from its own.
`*` stands for the modules that are named in no layer. A package itself (its `__init__`) may import all that is in it,
and nothing that is in it imports the package."""

UPWARD = {
    ("resolver", "__version__"),
}
"""What any module may import from the package above it, as (package, name)."""

MOST_LINES = 400
"""The length of a module, in lines."""


@cache
def modules():
    """The modules by their dotted names, a package's `__init__` by the name of the package."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if path.name == "__init__.py" else parts)] = path
    return found


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports_of(module):
    """The modules of the project that a module imports anywhere in it, also within functions, and where."""
    found = {}
    for node in ast.walk(tree_of(modules()[module])):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: a relative import"
            for alias in node.names:
                if (node.module, alias.name) not in UPWARD:
                    full = f"{node.module}.{alias.name}"
                    found[full if full in modules() else node.module] = node.lineno
        elif isinstance(node, ast.Import):
            found |= {alias.name: node.lineno for alias in node.names}
    return {name: line for name, line in found.items() if name.split(".")[0] == "resolver"}


def members(package):
    """The modules and packages directly in a package, by their last names."""
    return {name.rpartition(".")[2] for name in modules() if name.rpartition(".")[0] == package}


def layers_of(package):
    """The place of the layer of each member of a package."""
    layers = [layer.split() for layer in LAYERS[package].split("|")]
    named = {name: place for place, layer in enumerate(layers) for name in layer if name != "*"}
    rest = next((place for place, layer in enumerate(layers) if "*" in layer), None)
    return named if rest is None else dict.fromkeys(members(package), rest) | named


def packages():
    return {name for name, path in modules().items() if path.name == "__init__.py"}


@pytest.mark.parametrize("package", sorted(packages()))
def test_every_module_is_in_a_layer(package):
    assert set(layers_of(package)) == members(package), f"LAYERS[{package!r}] names other modules than there are"


def common_package(one, other):
    """The innermost package that two modules are in."""
    parts = []
    for a, b in zip(one.split("."), other.split("."), strict=False):
        if a != b:
            break
        parts.append(a)
    return ".".join(parts)


def test_imports_run_one_way():
    wrong = []
    for module in modules():
        for target, line in imports_of(module).items():
            package = common_package(module, target)
            if package == module:  # a package imports what is in it
                continue
            where = f"{module}:{line} imports {target}"
            if package == target:
                wrong.append(f"{where}, the package that it is in")
                continue
            layers = layers_of(package)
            own, other = (layers[name[len(package) + 1 :].split(".")[0]] for name in (module, target))
            if other >= own:
                wrong.append(f"{where}, which is not in a lower layer of {package}")
    assert not wrong, "\n".join(wrong)


def cycle_among(graph):
    """A cycle in a graph (node to nodes), as a list of its nodes, or []."""
    done, path = set(), []

    def visit(node):
        if node in path:
            return path[path.index(node) :]
        if node in done:
            return []
        path.append(node)
        for target in graph.get(node, ()):
            if found := visit(target):
                return found
        path.pop()
        done.add(node)
        return []

    return next((found for node in graph if (found := visit(node))), [])


def test_no_import_is_circular():
    assert cycle_among({"a": ["b"], "b": ["c"], "c": ["b"]}) == ["b", "c"]
    assert cycle_among({module: imports_of(module) for module in modules()}) == []


def test_file_names_are_unique():
    names = Counter(path.name for path in modules().values() if path.name != "__init__.py")
    names.update(path.name for path in (ROOT / "scripts").rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert [name for name, count in names.items() if count > 1] == []


def test_class_names_are_unique():
    nodes = (node for path in modules().values() for node in ast.walk(tree_of(path)))
    names = Counter(node.name for node in nodes if isinstance(node, ast.ClassDef))
    assert {name: count for name, count in names.items() if count > 1} == {}


def test_modules_are_small():
    paths = [*modules().values(), *(path for path in (ROOT / "scripts").rglob("*") if is_python(path))]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    assert {path: length for path, length in lengths.items() if length > MOST_LINES} == {}


def is_python(path):
    if not path.is_file() or path.suffix not in (".py", ""):
        return False
    return path.suffix == ".py" or path.read_bytes().startswith(b"#!/usr/bin/env python3")


def test_every_script_is_linted():
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    scripts = [f"scripts/{path.name}" for path in (ROOT / "scripts").iterdir() if is_python(path)]
    assert [script for script in scripts if f'"{script}"' not in settings] == []


ELSEWHERE = re.compile(
    r"(?<![\w.$}>)\]])/(?:home|root|Users|work|opt|mnt)/(?!someone)\w"  # a folder of one machine
    r"|^(?:<{7}|>{7}) |\b(?:TODO|FIXME)\b",  # what is not finished
    re.MULTILINE,
)


def test_files_name_no_folder_of_one_machine_and_are_finished():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no checkout of git")
    wrong = []
    for name in listed.stdout.split("\0")[:-1]:
        path = ROOT / name
        if path.is_file() and path != Path(__file__) and b"\0" not in (data := path.read_bytes())[:1000]:
            wrong += [f"{name}: {match[0]}" for match in ELSEWHERE.finditer(data.decode("utf-8", "replace"))]
    assert wrong == []


def test_every_public_name_exists_and_is_documented():
    for name in resolver.__all__:
        assert getattr(resolver, name).__doc__, name
    assert set(resolver.__all__) == set(resolver._HOMES)
