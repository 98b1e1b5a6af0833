"""resolver.build: what the command of that name calls."""

import pytest

import resolver


def table(folder, name="t.tsv", rows=("zte\tZTE\torg", "suga\tYoshihide Suga\tperson")):
    path = folder / name
    path.write_text("\n".join(["id\tname\ttype", *rows]) + "\n", encoding="utf-8")
    return path


def test_a_database_of_tables(tmp_path):
    shares = []
    report = resolver.build(tmp_path / "names.db", [table(tmp_path)], licence="CC0-1.0", progress=shares.append)
    assert (report.entities, report.aliases, report.rejects) == (2, 2, [])
    assert shares[-1] == 1.0
    with resolver.open(tmp_path / "names.db") as names:
        assert names.resolve("Yoshihidi Soja").entity.id == "suga"
        assert [source.licence for source in names.table.sources()] == ["CC0-1.0"]


def test_options_select_entities_and_name_columns(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("key,label,type\nzte,ZTE,org\nsuga,Yoshihide Suga,person\n")
    report = resolver.build(tmp_path / "n.db", [path], columns={"id": "key", "name": "label"}, types=["person"])
    assert report.entities == 1


def test_bad_records_are_in_the_report(tmp_path):
    report = resolver.build(tmp_path / "n.db", [table(tmp_path, rows=["a\tAa\tcity", "b\tBb\torg"])])
    assert report.entities == 1
    assert [(error.line, error.reason) for error in report.rejects] == [
        (2, "type must be one of person, org, place, other, not 'city'")
    ]


def test_shared_ids_are_an_error_unless_merged(tmp_path):
    paths = [table(tmp_path, "a.tsv", ["x\tOne\torg"]), table(tmp_path, "b.tsv", ["x\tUno\torg"])]
    with pytest.raises(resolver.InputError, match=r"b\.tsv:2: the id 'x' is already used at .*a\.tsv:2"):
        resolver.build(tmp_path / "n.db", paths)
    report = resolver.build(tmp_path / "n.db", paths, merge=True)
    assert (report.entities, report.aliases) == (1, 2)


def test_without_sources_the_bundled_table(tmp_path):
    with resolver.open() as bundled:
        count = bundled.table.counts["entity"]
    assert resolver.build(tmp_path / "n.db").entities == count


def test_bad_options(tmp_path):
    with pytest.raises(resolver.SettingError, match="a format must be one of"):
        resolver.build(tmp_path / "n.db", [table(tmp_path)], format="odd")
    with pytest.raises(resolver.SettingError, match="a table of an installed package must be one of"):
        resolver.build(tmp_path / "n.db", installed=["planets"])
    assert not (tmp_path / "n.db").exists()
