"""The adapters, each with the library it is for."""

import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from resolver import Settings
from resolver.adapters.open_tables import MAX_OPEN_TABLES, names_of
from resolver.database.build import build_file
from resolver.errors import DatabaseError, InputError, SettingError
from resolver.infra.optional_libraries import needs

TEXT = "Spokesman Yoshihidi Soja met Softbank. Soja was brief."
NEW = "Spokesman Yoshihide Suga met SoftBank. Suga was brief."


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("adapters")
    table = folder / "names.tsv"
    table.write_text(
        "id\tname\ttype\taliases\nsuga\tYoshihide Suga\tperson\t\nsoft\tSoftBank\torg\t\nquill\tQuillmark\torg\t\n"
    )
    build_file(folder / "names.db", [table])
    return str(folder / "names.db")


def edits_of(names, text, doc, field):
    return [{**edit.to_dict(), "field": field} for edit in names.rewrite(text, doc)[1]]


# ------------------------------------------------------------------------------------------------ open tables


def test_a_table_is_opened_once(database):
    assert names_of(database) is names_of(Path(database))
    assert names_of(database, Settings(policy="canonical")) is not names_of(database)
    first = names_of(database)
    for n in range(MAX_OPEN_TABLES):
        names_of(database, Settings(min_precision=0.9 + n / 100))
    assert names_of(database) is not first
    assert first.resolve("Softbank").entity.id == "soft"  # who has it can use it


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_a_forked_process_opens_its_own(database):
    code = f"""
import os
from resolver.adapters.open_tables import names_of
names = names_of({database!r})
if os.fork() == 0:
    os._exit(names_of({database!r}) is names or names_of({database!r}).resolve("Softbank").entity.id != "soft")
assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
assert names_of({database!r}) is names
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_missing_extra_is_named():
    with pytest.raises(SettingError, match=r"pip install 'entity-name-resolver\[spark\]'"), needs("spark"):
        import no_such_library  # noqa: F401


# ------------------------------------------------------------------------------------------------ Arrow


def rewriter_of(database, **options):
    pytest.importorskip("pyarrow")
    from resolver.adapters.arrow_rewriter import BatchRewriter

    return BatchRewriter(database, **options)


def test_arrow_batch(database):
    rewriter = rewriter_of(database, columns=("title", "text"))
    import pyarrow as pa

    batch = pa.RecordBatch.from_pydict(
        {
            "id": ["a", None, "", "d"],
            "title": pa.array(["Yoshihidi Soja", None, "Softbank", None]).dictionary_encode(),
            "n": [1, 2, 3, None],
            "text": pa.array(["Soja came.", TEXT, None, None], pa.large_string()),
        },
        metadata={"made": "by hand"},
    )
    done = rewriter(batch)
    assert done.schema == batch.schema.append(done.schema.field("edits"))
    assert done.schema.metadata == batch.schema.metadata
    assert done.select(["id", "n"]) == batch.select(["id", "n"])
    assert done.column("title").to_pylist() == ["Yoshihide Suga", None, "SoftBank", None]
    assert done.column("text").to_pylist() == ["Suga came.", NEW, None, None]  # a row is one document
    names = names_of(database)
    one, two, three, four = done.column("edits").to_pylist()
    assert [(e["doc"], e["field"], e["start"], e["end"], e["after"]) for e in one] == [
        ("a", "title", 0, 14, "Yoshihide Suga"),
        ("a", "text", 0, 4, "Suga"),
    ]
    assert two == edits_of(names, TEXT, "", "text")
    assert three == edits_of(names, "Softbank", "", "title")
    assert four == []


def test_arrow_tables_and_batches_without_an_edit(database):
    rewriter = rewriter_of(database)
    import pyarrow as pa

    table = pa.table({"text": pa.chunked_array([["Softbank"], ["nothing"], []], pa.string())})
    done = pickle.loads(pickle.dumps(rewriter))(table)
    assert done.column("text").to_pylist() == ["SoftBank", "nothing"]
    assert [len(edits) for edits in done.column("edits").to_pylist()] == [1, 0]
    assert rewriter(table.slice(0, 0)).schema == done.schema
    plain = pa.RecordBatch.from_pydict({"text": ["nothing"]})
    assert rewriter(plain).column("text").equals(plain.column("text"))
    assert [batch.num_rows for batch in rewriter.over([plain, plain])] == [1, 1]


def test_arrow_batches_that_make_no_sense(database):
    rewriter = rewriter_of(database)
    import pyarrow as pa

    with pytest.raises(InputError, match="no columns named 'text': the columns are body"):
        rewriter(pa.RecordBatch.from_pydict({"body": ["x"]}))
    with pytest.raises(InputError, match="the column 'text' holds int64, not text"):
        rewriter(pa.RecordBatch.from_pydict({"text": [1]}))
    with pytest.raises(InputError, match="the column 'edits' exists already"):
        rewriter(rewriter(pa.RecordBatch.from_pydict({"text": ["x"]})))
    broken = pa.array([b"ok", b"\xff\xfe"]).view(pa.string())
    with pytest.raises(InputError, match="row 1 of the batch: not valid UTF-8 in column 'text'"):
        rewriter(pa.RecordBatch.from_pydict({"text": broken}))
    with pytest.raises(InputError, match="cannot be read"):
        rewriter_of(database + ".gone")


def test_a_rewriter_is_another_when_its_table_is(tmp_path):
    table = tmp_path / "names.tsv"
    table.write_text("id\tname\nsoft\tSoftBank\n")
    build_file(tmp_path / "names.db", [table])
    before = rewriter_of(str(tmp_path / "names.db"))
    assert before == rewriter_of(str(tmp_path / "names.db"))
    with names_of(tmp_path / "names.db") as names:
        from resolver import Entity

        names.put(Entity("q", "Quillmark"))
    assert before != rewriter_of(str(tmp_path / "names.db"))


# ------------------------------------------------------------------------------------------------ pandas


def test_pandas_frames(database):
    rewriter = rewriter_of(database)
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"id": [7, None, "x"], "text": [TEXT, None, "nothing"]}, index=[5, 5, 6])
    for kind in ("object", "string", "category"):
        typed = frame.astype({"text": kind})
        done = rewriter(typed)
        assert list(done.index) == [5, 5, 6]
        assert done["text"].dtype.name.split("[")[0] == typed["text"].dtype.name.split("[")[0]
        assert done["text"].tolist()[::2] == [NEW, "nothing"]
        assert done["text"].isna().tolist() == [False, True, False]
        assert [[e["doc"] for e in edits] for edits in done["edits"]] == [["7"] * 3, [], []]
    assert list(frame.columns) == ["id", "text"]
    with pytest.raises(InputError, match="no column named 'text': the columns are n"):
        rewriter(pd.DataFrame({"n": [1]}))
    with pytest.raises(InputError, match="the column 'text' holds a value that is not text"):
        rewriter(pd.DataFrame({"text": ["a", 1]}))


def test_pandas_series(database, monkeypatch):
    pd = pytest.importorskip("pandas")
    import resolver.adapters.pandas  # noqa: F401

    asked = []
    names = names_of(database)
    answer = names._answer
    monkeypatch.setattr(names, "_answer", lambda query, type: asked.append(query[0]) or answer(query, type))
    mentions = pd.Series(["Yoshihidi Soja", None, "Karl Haverbrook", "Yoshihidi Soja"], index=list("abca"))
    answers = mentions.resolver.resolve(database)
    assert asked == ["Yoshihidi Soja", "Karl Haverbrook"]
    assert list(answers.columns) == ["outcome", "id", "name", "type", "probability"]
    assert list(answers.index) == list("abca")
    assert answers["id"].fillna("-").tolist() == ["suga", "-", "-", "suga"]
    assert answers["outcome"].fillna("-").tolist() == ["linked", "-", "nil", "linked"]
    assert answers["probability"].isna().tolist() == [False, True, False, False]
    (first, _) = names.resolve_many(["Yoshihidi Soja", "Karl Haverbrook"])
    assert answers["probability"].iloc[0] == round(first.probability, 6)
    assert mentions.resolver.resolve(database, type="org")["outcome"].dropna().unique().tolist() == ["nil"]
    assert pd.Series([], dtype="object").resolver.resolve(database).columns.tolist() == list(answers.columns)


def test_pandas_context(database):
    pd = pytest.importorskip("pandas")
    import resolver.adapters.pandas  # noqa: F401

    mentions = pd.Series(["Soja", "Soja"])
    answers = mentions.resolver.resolve(database, context=pd.Series(["Yoshihide Suga spoke. Soja left.", None]))
    alone, told = (names_of(database).resolve("Soja", context=c).probability for c in ("", "Yoshihide Suga spoke."))
    assert answers["probability"].iloc[0] > answers["probability"].iloc[1] == round(alone, 6)
    assert told > alone
    with pytest.raises(InputError, match="2 mentions with 1 contexts"):
        mentions.resolver.resolve(database, context=pd.Series(["x"]))


@pytest.mark.parametrize("kind", ["object", "string", "category"])
def test_pandas_rewrites(database, kind):
    pd = pytest.importorskip("pandas")
    import resolver.adapters.pandas  # noqa: F401

    texts = pd.Series([TEXT, None, "nothing"], index=[3, 1, 2], name="text").astype(kind)
    done = texts.resolver.rewrite(database)
    assert done.name == "text"
    assert list(done.index) == [3, 1, 2]
    assert done.isna().tolist() == [False, True, False]
    assert done.tolist()[::2] == [NEW, "nothing"]
    canonical = texts.resolver.rewrite(database, Settings(policy="canonical"))
    assert canonical.iloc[0].startswith("Spokesman Yoshihide Suga")


def test_pandas_rows_that_are_no_strings(database):
    pd = pytest.importorskip("pandas")
    import resolver.adapters.pandas  # noqa: F401

    with pytest.raises(InputError, match="row 'b' does not hold a string: 3"):
        pd.Series(["x", 3], index=["a", "b"]).resolver.rewrite(database)
    with pytest.raises(DatabaseError, match="no such file"):
        pd.Series(["x"]).resolver.resolve(database + ".gone")


# ------------------------------------------------------------------------------------------------ polars


def test_polars(database):
    pl = pytest.importorskip("polars")
    import resolver.adapters.polars  # noqa: F401

    frame = pl.DataFrame({"mention": ["Yoshihidi Soja", None, "Karl Haverbrook"], "text": [TEXT, None, "nothing"]})
    rewritten = pl.col("text").resolver.rewrite(database)
    done = frame.with_columns(rewritten, answer=pl.col("mention").resolver.resolve(database))
    assert done["text"].to_list() == [NEW, None, "nothing"]
    assert done["answer"].is_null().to_list() == [False, True, False]
    answers = done.unnest("answer")
    assert answers["id"].to_list() == ["suga", None, None]
    assert answers["outcome"].to_list() == ["linked", None, "nil"]
    assert answers.columns == ["mention", "text", "outcome", "id", "name", "type", "probability"]
    lazy = frame.lazy().select(rewritten, mention=pl.col("mention").resolver.resolve(database, type="org"))
    assert lazy.collect_schema()["mention"] == done.schema["answer"]
    assert lazy.collect()["text"].to_list() == done["text"].to_list()
    assert frame.select(pl.col("text").cast(pl.Categorical).resolver.rewrite(database))["text"].to_list()[0] == NEW
    assert frame.clear().select(rewritten).is_empty()


def test_polars_columns_that_are_no_strings(database):
    pl = pytest.importorskip("polars")
    import resolver.adapters.polars  # noqa: F401

    frame = pl.DataFrame({"n": [1, 2]})
    with pytest.raises((InputError, pl.exceptions.ComputeError), match="the column 'n' holds Int64, not strings"):
        frame.select(pl.col("n").resolver.rewrite(database))


# ------------------------------------------------------------------------------------------------ spaCy


def pipeline(database, patterns=(), **config):
    spacy = pytest.importorskip("spacy")
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")  # of spaCy's own, as the next: nothing is downloaded
    nlp.add_pipe("entity_ruler").add_patterns([{"label": label, "pattern": text} for label, text in patterns])
    nlp.add_pipe("entity_name_resolver", config={"db": database, **config})
    return nlp


PATTERNS = [("PERSON", "Yoshihidi Soja"), ("PERSON", "Soja"), ("ORG", "Karl Haverbrook")]


def links(doc):
    return [(span.text, span.label_, span.kb_id_) for span in doc.ents]


def test_spacy_links_entities(database):
    doc = pipeline(database, PATTERNS)("Yoshihidi Soja met Karl Haverbrook of Softbank.")
    assert links(doc) == [("Yoshihidi Soja", "PERSON", "suga"), ("Karl Haverbrook", "ORG", "")]
    assert [token.ent_kb_id_ for token in doc[:3]] == ["suga", "suga", ""]
    assert doc.ents[0]._.resolution["outcome"] == "linked"
    assert doc.ents[1]._.resolution["outcome"] == "nil"
    assert doc[3:4]._.resolution is None


def test_spacy_reads_the_context(database):
    text = "Yoshihide Suga spoke. Soja left."
    patterns = [("PERSON", "Soja")]
    likely = {
        context: pipeline(database, patterns, context=context)(text).ents[0]._.resolution["probability"]
        for context in ("sentence", "document", "none")
    }
    assert likely["document"] > likely["none"]
    assert likely["document"] > likely["sentence"]


def test_spacy_options(database):
    text = "Yoshihidi Soja of Karl Haverbrook"
    by_label = pipeline(database, PATTERNS, labels={"PERSON": "org"})(text)
    assert links(by_label)[0] == ("Yoshihidi Soja", "PERSON", "")
    assert by_label.ents[0]._.resolution["outcome"] == "nil"
    assert by_label.ents[1]._.resolution is None
    found = pipeline(database, [("PERSON", "Yoshihide")], find=True)("Yoshihide Suga left SoftBank, and Quillmark.")
    assert links(found) == [
        ("Yoshihide Suga", "PERSON", "suga"),
        ("SoftBank", "ORG", "soft"),
        ("Quillmark", "ORG", "quill"),
    ]
    group = pipeline(database, PATTERNS, find=True, spans_key="names")("Yoshihide Suga and Soja left.")
    assert links(group) == [("Soja", "PERSON", "")]
    assert [(span.text, span.kb_id_, span._.resolution["id"]) for span in group.spans["names"]] == [
        ("Yoshihide Suga", "suga", "suga")
    ]


def test_spacy_documents_and_pipelines_are_kept(database, tmp_path):
    spacy = pytest.importorskip("spacy")
    nlp = pipeline(database, PATTERNS, min_precision=0.9, find=True)
    doc = nlp("Yoshihidi Soja of SoftBank")
    again = spacy.tokens.Doc(nlp.vocab).from_bytes(doc.to_bytes())
    assert links(again) == links(doc)
    assert again.ents[0]._.resolution == doc.ents[0]._.resolution
    nlp.to_disk(tmp_path / "model")
    loaded = spacy.load(tmp_path / "model")
    component = loaded.get_pipe("entity_name_resolver")
    assert component._config == nlp.get_pipe("entity_name_resolver")._config
    assert links(loaded("Yoshihidi Soja of SoftBank")) == links(doc)
    assert [links(one) for one in nlp.pipe(["Yoshihidi Soja", "SoftBank"])] == [
        [("Yoshihidi Soja", "PERSON", "suga")],
        [("SoftBank", "ORG", "soft")],
    ]
    copy = pickle.loads(pickle.dumps(component))
    assert copy.from_bytes(component.to_bytes())._config == component._config


@pytest.mark.slow
def test_spacy_in_several_processes(database):
    nlp = pipeline(database, PATTERNS)
    texts = ["Yoshihidi Soja", "SoftBank", "Soja"] * 4
    assert [links(doc) for doc in nlp.pipe(texts, n_process=2, batch_size=2)] == [links(nlp(text)) for text in texts]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"context": "page"}, "context must be 'sentence', 'document' or 'none', not 'page'"),
        ({"labels": {"PERSON": "people"}}, "the label 'PERSON' must map to one of person"),
        ({"min_precision": 2.0}, "min_precision must be above 0"),
    ],
)
def test_spacy_options_that_make_no_sense(database, config, message):
    with pytest.raises(SettingError, match=message):
        pipeline(database, **config)


# ------------------------------------------------------------------------------------------------ other engines

ENGINES = {
    "ray": ("ray.data", "ray.init(num_cpus=1, include_dashboard=False)", ".to_pandas()"),
    "dask": ("dask.dataframe", "", ".compute()"),
    "datasets": ("datasets", "", ".to_pandas()"),
}


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_the_lines_of_the_readme(database, tmp_path, engine):
    module, before, get = ENGINES[engine]
    pytest.importorskip(engine, reason=f"{engine} is not installed")
    pd = pytest.importorskip("pandas")
    (tmp_path / "news").mkdir()
    for n in range(2):
        frame = pd.DataFrame({"id": [f"{n}a", f"{n}b"], "text": [TEXT, None]})
        frame.to_parquet(tmp_path / "news" / f"{n}.parquet")
    shutil.copy(database, tmp_path / "names.db")
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    rewriter, line = (
        next(line for line in readme.splitlines() if line.startswith(start)) for start in ("rewriter =", f"{engine}.")
    )
    program = tmp_path / "program.py"
    program.write_text(
        f"import {module}\nimport resolver.adapters.arrow_rewriter\n{rewriter}\n{before}\nframe = ({line}){get}\n"
        "frame[['id', 'text']].assign(edits=frame['edits'].map(len)).sort_values('id').to_csv('out.csv', index=False)\n"
    )
    environment = {**os.environ, "HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    subprocess.run([sys.executable, program], cwd=tmp_path, env=environment, check=True, timeout=240)
    assert (tmp_path / "out.csv").read_text().split("\n") == [
        "id,text,edits",
        f"0a,{NEW},3",
        "0b,,0",
        f"1a,{NEW},3",
        "1b,,0",
        "",
    ]
