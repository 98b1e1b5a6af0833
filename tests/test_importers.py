"""Each format: what it yields of a small file with all that is odd in real ones, and what is said of a wrong one."""

import bz2
import contextlib
import gzip
import io
import json
import random
import sqlite3
import zipfile

import pytest
from click.testing import CliRunner

import resolver
from resolver.cli import main
from resolver.database.build import build_file
from resolver.errors import InputError, SettingError
from resolver.infra import compression as packing
from resolver.sources.importers.format_detection import FORMATS
from resolver.sources.importers.importer import SourceOptions
from resolver.sources.source_blocks import BlockLimits, EntitySource


def item(number, labels, classes=("Q5",), aliases=None, ranks=(), **more):
    claims = [
        {
            "mainsnak": {
                "snaktype": "value",
                "property": "P31",
                "datavalue": {"value": {"entity-type": "item", "id": name}, "type": "wikibase-entityid"},
            },
            "type": "statement",
            "rank": rank,
        }
        for name, rank in zip(classes, (*ranks, *["normal"] * len(classes)), strict=False)
    ]
    entity = {
        "type": "item",
        "id": f"Q{number}",
        "labels": {lang: {"language": lang, "value": value} for lang, value in labels.items()} or [],
        "aliases": {
            lang: [{"language": lang, "value": value} for value in values] for lang, values in (aliases or {}).items()
        }
        or [],
        "claims": {"P31": claims} if claims else [],
        "modified": "2026-02-03T04:05:06Z",
    }
    return json.dumps({**entity, **more}, ensure_ascii=False, separators=(",", ":"))


def dump(*items):
    return "[\n" + ",\n".join(items) + "\n]\n"


DUMP = dump(
    item(1, {"ru": "Карла Вебрук", "en": "Carla Webrook"}, aliases={"en": ["C. Webrook", "Carla Webrook"]}),
    item(2, {"mul": "Ostrimark", "zh": "奥斯特"}, ["Q4830453"]),
    item(3, {"en": "Rivermouth"}, ["Q13442814"]),
    item(4, {"en": "No Longer Human"}, ["Q5"], ranks=["deprecated"]),
    item(5, {"en": "Ostervale"}, ["Q1", "Q515", "Q5"], ranks=["normal", "preferred"]),
    item(6, {}, ["Q5"]),
    item(7, {"fr": "Le Pont d’Or"}, []),
    item(8, {"de": "Quellburg"}, ["Q4022"]),
    '{"type":"property","id":"P31","labels":{}}',
)

FTM = "\n".join(
    json.dumps(row, ensure_ascii=False)
    for row in [
        {
            "id": "os-1",
            "caption": "Carla Webrook",
            "schema": "Person",
            "referents": ["os-old", "os-1"],
            "last_change": "2026-05-06T00:00:00",
            "properties": {
                "name": ["Карла Вебрук", "Carla Webrook"],
                "alias": ["Webrook Carla"],
                "previousName": ["Carla Stone"],
                "weakAlias": ["Carla"],
                "wikidataId": ["Q1"],
            },
        },
        {"id": "os-2", "caption": "1 Main Street", "schema": "Address", "referents": [], "properties": {"full": ["x"]}},
        {
            "id": "os-3",
            "caption": "OMH",
            "schema": "Company",
            "properties": {"name": ["Ostrimark Holdings"], "abbreviation": ["OMH"], "leiCode": ["LEI0OSTRIMARK"]},
        },
    ]
)

TARGETS = (
    '"id","schema","name","aliases","birth_date","countries","dataset","last_change"\n'
    '"os-1","Person","Carla Webrook","Webrook Carla;""Webrook; C."";Карла","","","Demo","2026-05-06T00:00:00"\n'
    '"os-2","Address","1 Main Street","","","","Demo","2026-05-06T00:00:00"\n'
    '"os-3","Vessel","The Ostrimark","","","","Demo","2026-07-06T00:00:00"\n'
)


def place(number, name, others="", population=20000, **cells):
    row = [
        str(number),
        name,
        name,
        others,
        "10.5",
        "-20.25",
        "P",
        "PPL",
        "XX",
        *[""] * 5,
        str(population),
        "",
        "7",
        "Z",
    ]
    row.append("2026-03-04")
    for column, value in cells.items():
        row[int(column[1:]) - 1] = value
    return "\t".join(row) + "\n"


PLACES = place(10, 'Oster"vale', "Ostervāle,Остервале,", 4_000_000) + place(11, "Quellburg", population=0)
ALTERNATES = "".join(
    "\t".join([str(n), place, lang, name, *flags]) + "\n"
    for n, (place, lang, name, flags) in enumerate(
        [
            ("10", "ru", "Остервале", ["1", "", "", ""]),
            ("10", "link", "https://example.org/x", ["", "", "", ""]),
            ("10", "abbr", "OVL", ["", "", "", ""]),
            ("10", "", "Altvale", ["", "", "", "1"]),
            ("10", "de", "Osti", ["", "", "1", ""]),
            ("10", "en", "Vale", ["", "1", "", ""]),
            ("10", "wkdt", "Q5", ["", "", "", ""]),
            ("10", "post", "12345", ["", "", "", ""]),
            ("999", "de", "Nirgendwo", ["", "", "", ""]),
        ]
    )
)
ALTERNATES_V2 = "".join(line + "\t\t\n" for line in ALTERNATES.splitlines())

OTHER = "Entity.OtherEntityNames.OtherEntityName"
TRANSLITERATED = "Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName"


def golden(*rows):
    header = ["Registration.LastUpdateDate", "LEI", "Entity.LegalName", "Entity.LegalName.xmllang"]
    for column in [f"{OTHER}.{n}" for n in (1, 2)] + [f"{TRANSLITERATED}.1"]:
        header += [column, f"{column}.xmllang", f"{column}.type"]
    quoted = [[cell.replace('"', '""') for cell in row] for row in [header, *rows]]
    return "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in quoted)


GOLDEN = golden(
    [
        *("2026-08-09T00:00:00Z", "LEI0OSTRIMARK", "Ostrimark, AG", "de"),
        *('Ostrimark "Old" AG', "de", "PREVIOUS_LEGAL_NAME"),
        *("Ostrimark Ltd", "en", "ALTERNATIVE_LANGUAGE_LEGAL_NAME"),
        *("OSTRIMARK AG", "", "AUTO_ASCII_TRANSLITERATED_LEGAL_NAME"),
    ]
)

JRC = (
    "21\tP\tru\tКарла+Вебрук\n"
    "21\tP\tu\tCarla+Webrook\n"
    "22\tO\tu\tOstrimark\n"
    "21\tP\tu\tKarla+Webruk\n"
    "23\tT\ten\tSomething+Else\n"
)

SDN = (
    '31,"WEBROOK, Carla","individual","X",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,"born, with ""quotes""."\r\n'
    '32,"OSTRIMARK HOLDINGS CO., LTD.",-0- ,"X",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- \r\n'
    "\x1a"
)
ALT = '31,1,"aka","WEBRUK, Karla",-0- \r\n32,2,"fka","OSTRIMARK TRADING",-0- \r\n39,3,"nka","GONE",-0- \r\n\x1a'

SDN_XML = """<?xml version="1.0"?>
<sdnList xmlns="http://example.org/any">
 <publshInformation><Publish_Date>11/20/2026</Publish_Date><Record_Count>2</Record_Count></publshInformation>
 <sdnEntry><uid>31</uid><firstName>Carla</firstName><lastName>WEBROOK</lastName><sdnType>Individual</sdnType>
  <idList><id><uid>5</uid><idType>Passport</idType></id></idList>
  <akaList><aka><uid>7</uid><type>a.k.a.</type><category>weak</category><lastName>CARLITA</lastName></aka>
   <aka><uid>8</uid><type>f.k.a.</type><category>strong</category><lastName>STONE</lastName><firstName>Carla</firstName>
   </aka></akaList></sdnEntry>
 <sdnEntry><uid>32</uid><lastName>OSTRIMARK &amp; SONS, LTD.</lastName><sdnType>Entity</sdnType></sdnEntry>
</sdnList>
"""


def write(folder, name, text):
    path = folder / name
    data = text if isinstance(text, bytes) else text.encode()
    if name.endswith(".gz"):
        data = gzip.compress(data)
    elif name.endswith(".bz2"):
        data = bz2.compress(data)
    elif name.endswith(".zst"):
        data = packing.zstd().compress(data)
    elif name.endswith(".zip"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("readme.txt", "what this is")
            archive.writestr(name.removesuffix(".zip") + ".txt", data)
        data = buffer.getvalue()
    path.write_bytes(data)
    return path


def built(folder, *files, merge=False, **options):
    """The report of a build of some files (name and text), and a function that asks the database."""
    paths = [write(folder, name, text) for name, text in files]
    report = build_file(
        folder / "names.db", [EntitySource(path, SourceOptions(**options)) for path in paths], merge=merge
    )

    def ask(sql):
        connection = sqlite3.connect(folder / "names.db")
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    assert ask("PRAGMA foreign_key_check") == []
    return report, ask


def names_of(ask, entity_id):
    """The names of an entity as name@lang:kind, the canonical one first."""
    rows = ask(f"SELECT alias.name, lang, kind FROM alias JOIN entity ON entity.no = entity WHERE id = '{entity_id}'")
    return [f"{name}@{lang}:{kind}" for name, lang, kind in rows]


def test_wikidata(tmp_path):
    report, ask = built(tmp_path, ("dump.json", DUMP))
    assert report.rejects == []
    assert ask("SELECT id, name, type FROM entity") == [
        ("Q1", "Carla Webrook", "person"),
        ("Q2", "Ostrimark", "org"),
        ("Q5", "Ostervale", "place"),
        ("Q8", "Quellburg", "place"),
    ]
    assert names_of(ask, "Q1") == ["Carla Webrook@:canonical", "Карла Вебрук@ru:", "C. Webrook@en:"]
    assert names_of(ask, "Q2") == ["Ostrimark@:canonical", "奥斯特@zh:"]
    ((source),) = ask("SELECT path, format, licence, version, entities FROM source")
    assert source == ("dump.json", "wikidata", "CC0-1.0", "2026-02-03", 4)


def test_wikidata_types_and_languages(tmp_path):
    _report, ask = built(tmp_path, ("dump.json", DUMP), types=("org", "Q13442814=other"), langs=("zh", "ru"))
    assert ask("SELECT id, name, type FROM entity") == [("Q2", "奥斯特", "org")]  # the other one has no such label
    assert names_of(ask, "Q2") == ["奥斯特@:canonical", "Ostrimark@:"]
    _report, ask = built(tmp_path, ("dump.json", DUMP), types=("Q13442814=other",))
    assert ask("SELECT id, type FROM entity") == [("Q3", "other")]
    with pytest.raises(SettingError, match="'Q5=human'"):
        SourceOptions(types=("Q5=human",))


@pytest.mark.parametrize("langs", ["zh", "zh-hans"])
def test_a_language_with_its_variants(tmp_path, langs):
    _report, ask = built(
        tmp_path, ("d.json", dump(item(1, {"en": "A B", "zh": "甲乙", "zh-hans": "丙丁"}))), langs=(langs,)
    )
    assert [row[0] for row in ask("SELECT name FROM alias")] == (["甲乙", "丙丁"] if langs == "zh" else ["丙丁"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"type":"item","id":"Q9","labels":{"en":{"value":"A"', "no JSON"),
        (item(9, {"en": "A B"}).replace('"value":"A B"', '"text":"A B"'), "KeyError"),
        (item(9, {"en": "…"}), "no name of 'Q9' has a letter or digit"),
        (item(9, {"en": "A\u0000B"}), "U+0000"),
    ],
)  # fmt: skip
def test_a_bad_line_of_a_dump(tmp_path, line, message):
    report, ask = built(
        tmp_path, ("dump.json", dump(item(1, {"en": "Carla Webrook"}), line, item(2, {"en": "Karl Stone"})))
    )
    (error,) = report.rejects
    assert error.line == 3
    assert message in str(error)
    assert ask("SELECT id FROM entity") == [("Q1",), ("Q2",)]


def test_ftm(tmp_path):
    report, ask = built(tmp_path, ("entities.ftm.json", FTM))
    assert report.rejects == []
    assert ask("SELECT id, name, type FROM entity") == [
        ("os-1", "Carla Webrook", "person"),
        ("os-3", "Ostrimark Holdings", "org"),
    ]
    expected = "Carla Webrook@:canonical Карла Вебрук@: Webrook Carla@: Carla Stone@:former Carla@:weak"
    assert " ".join(names_of(ask, "os-1")) == expected
    assert names_of(ask, "os-3") == ["Ostrimark Holdings@:canonical", "OMH@:weak"]
    assert ask("SELECT old, new, source FROM redirect") == [
        ("LEI0OSTRIMARK", "os-3", 0),
        ("Q1", "os-1", 0),
        ("os-old", "os-1", 0),
    ]
    assert ask("SELECT licence, version FROM source") == [("CC-BY-NC-4.0", "2026-05-06")]


def test_opensanctions_table(tmp_path):
    _report, ask = built(tmp_path, ("targets.simple.csv", TARGETS))
    assert ask("SELECT id, type FROM entity") == [("os-1", "person"), ("os-3", "other")]
    assert names_of(ask, "os-1") == ["Carla Webrook@:canonical", "Webrook Carla@:", "Webrook; C.@:", "Карла@:"]
    assert ask("SELECT version FROM source") == [("2026-07-06",)]


@pytest.mark.parametrize("alternates", [ALTERNATES, ALTERNATES_V2])
def test_geonames(tmp_path, alternates):
    report, ask = built(tmp_path, ("cities15000.txt", PLACES), ("alternateNamesV2.txt", alternates))
    assert report.rejects == []
    assert report.unmatched == 1
    assert ask("SELECT id, name, type, weight FROM entity") == [
        ("10", 'Oster"vale', "place", 63.25),
        ("11", "Quellburg", "place", 1.0),
    ]
    assert set(names_of(ask, "10")) == {
        'Oster"vale@:canonical',
        "Остервале@ru:",
        "OVL@:acronym",
        "Altvale@:former",
        "Osti@de:weak",
        "Vale@en:short",
        "Ostervāle@:",
    }
    assert ask("SELECT old, new FROM redirect") == [("Q5", "10")]
    assert ask("SELECT path, licence, version FROM source") == [
        ("cities15000.txt", "CC-BY-4.0", "2026-03-04"),
        ("alternateNamesV2.txt", "CC-BY-4.0", ""),
    ]


def test_geonames_alternates_come_first_and_in_any_number_of_processes(tmp_path):
    paths = [write(tmp_path, "a.txt", ALTERNATES_V2), write(tmp_path, "c.txt", PLACES)]
    for jobs in (1, 2):
        build_file(tmp_path / f"{jobs}.db", paths, jobs=jobs, limits=BlockLimits(200, parallel_bytes=1))
    assert (tmp_path / "1.db").read_bytes() == (tmp_path / "2.db").read_bytes()
    with resolver.open(tmp_path / "1.db") as names:
        assert names.resolve("Остервале").entity.id == "10"


def test_geonames_languages(tmp_path):
    _report, ask = built(tmp_path, ("c.txt", PLACES), ("a.txt", ALTERNATES), langs=("en",))
    assert "Vale@en:short" in names_of(ask, "10")
    assert not [name for name in names_of(ask, "10") if "@ru" in name or "@de" in name]


def test_gleif(tmp_path):
    report, ask = built(tmp_path, ("golden.csv", GOLDEN))
    assert report.rejects == []
    assert ask("SELECT id, name, type FROM entity") == [("LEI0OSTRIMARK", "Ostrimark, AG", "org")]
    assert names_of(ask, "LEI0OSTRIMARK")[1:] == [
        'Ostrimark "Old" AG@de:former',
        "Ostrimark Ltd@en:",
        "OSTRIMARK AG@:variant",
    ]
    assert ask("SELECT format, version FROM source") == [("gleif", "2026-08-09")]


def test_jrc(tmp_path):
    _report, ask = built(tmp_path, ("entities", JRC))
    assert ask("SELECT id, name, type FROM entity") == [
        ("21", "Carla Webrook", "person"),
        ("22", "Ostrimark", "org"),
        ("23", "Something Else", "other"),
    ]
    assert names_of(ask, "21") == ["Carla Webrook@:canonical", "Карла Вебрук@ru:", "Karla Webruk@:variant"]


def test_ofac(tmp_path):
    report, ask = built(tmp_path, ("sdn.csv", SDN), ("alt.csv", ALT))
    assert [str(error).split("alt.csv:")[1] for error in report.rejects] == ["3: no entity has the id '39'"]
    assert ask("SELECT id, name, type FROM entity") == [
        ("31", "Carla WEBROOK", "person"),
        ("32", "OSTRIMARK HOLDINGS CO., LTD.", "org"),
    ]
    assert set(names_of(ask, "31")[1:]) == {"WEBROOK, Carla@:variant", "Karla WEBRUK@:", "WEBRUK, Karla@:variant"}
    assert names_of(ask, "32")[1:] == ["OSTRIMARK TRADING@:former"]


def test_ofac_xml(tmp_path):
    _report, ask = built(tmp_path, ("sdn.xml", SDN_XML))
    assert ask("SELECT id, name, type FROM entity") == [
        ("31", "Carla WEBROOK", "person"),
        ("32", "OSTRIMARK & SONS, LTD.", "org"),
    ]
    assert names_of(ask, "31")[1:] == [
        "WEBROOK, Carla@:variant",
        "CARLITA@:weak",
        "Carla STONE@:former",
        "STONE, Carla@:variant",
    ]
    assert ask("SELECT version FROM source") == [("2026-11-20",)]
    with pytest.raises(InputError, match=r"sdn\.xml: not in the format ofac: it has no sdnEntry"):
        built(tmp_path, ("sdn.xml", SDN_XML.replace("<sdnEntry>", "<entry>").replace("</sdnEntry>", "</entry>")))


def test_columns_with_other_names(tmp_path):
    table = 'Nr,Label,Kind\n7,"Webrook, Carla",person\n'
    columns = {"id": "Nr", "name": "Label", "type": "Kind"}
    _report, ask = built(tmp_path, ("t.csv", table), columns=columns, licence="CC0-1.0", url="u", version="3")
    assert ask("SELECT id, name, type FROM entity") == [("7", "Webrook, Carla", "person")]
    assert ask("SELECT licence, url, version FROM source") == [("CC0-1.0", "u", "3")]
    _report, ask = built(tmp_path, ("t.jsonl", '{"Nr": 7, "Label": "Carla", "Kind": "person"}\n'), columns=columns)
    assert ask("SELECT id, name, type FROM entity") == [("7", "Carla", "person")]
    with pytest.raises(InputError, match="no column 'Kind'"):
        built(tmp_path, ("t.tsv", "Nr\tLabel\n7\tCarla\n"), columns=columns)
    with pytest.raises(SettingError, match="'nmae'"):
        built(tmp_path, ("t.tsv", "Nr\tLabel\n7\tCarla\n"), columns={"nmae": "Label"})


def test_a_plain_table_with_more_columns_stays_one(tmp_path):
    row = {"id": "a", "name": "One", "type": "org", "labels": ["x"], "schema": "y", "properties": "z"}
    _report, ask = built(tmp_path, ("t.jsonl", json.dumps(row)), ("t.csv", "id,name,schema,dataset\nb,Two,x,y\n"))
    assert ask("SELECT id, name, type FROM entity") == [("a", "One", "org"), ("b", "Two", "other")]
    assert ask("SELECT format FROM source") == [("jsonl",), ("csv",)]


FILES = {
    "wikidata": ("x.json", DUMP, 4),
    "ftm": ("x.json", FTM, 2),
    "opensanctions-csv": ("x.csv", TARGETS, 2),
    "geonames": ("x.txt", PLACES, 2),
    "gleif": ("x.csv", GOLDEN, 1),
    "jrc": ("x", JRC, 3),
    "ofac": ("x.csv", SDN, 2),
    "tsv": ("x.tsv", "id\tname\na\tOne\n", 1),
    "csv": ("x.csv", "id,name\na,One\n", 1),
    "jsonl": ("x.jsonl", '{"id": "a", "name": "One"}\n', 1),
}


def test_every_format_has_a_file_here():
    assert set(FILES) == set(FORMATS)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("packed", [".gz", ".bz2", ".zst"])
def test_compressed_and_told_by_its_first_bytes(tmp_path, format, packed):
    name, text, count = FILES[format]
    report, ask = built(tmp_path, (name + packed, "\ufeff" + text if format != "ofac" else text))
    assert report.entities == count
    assert ask("SELECT format FROM source") == [(format,)]


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize("format", FORMATS)
def test_a_format_that_it_is_not_is_said(tmp_path, wanted, format):
    _, text, count = FILES[format]
    if {wanted, format} <= {"csv", "opensanctions-csv"} or {wanted, format} <= {"jsonl", "ftm", "wikidata"}:
        return  # a table with more columns is one, and an object has a line
    path = write(tmp_path, "source.dat", text)
    if wanted == format:
        assert build_file(tmp_path / "names.db", [EntitySource(path, SourceOptions(format=wanted))]).entities == count
        return
    with pytest.raises(InputError, match=r"source\.dat(:1)?: .*(expected:|no column)|no header"):
        build_file(tmp_path / "names.db", [EntitySource(path, SourceOptions(format=wanted))])
    assert not (tmp_path / "names.db").exists()


def test_zip_takes_the_file_of_its_name(tmp_path):
    report, _ask = built(tmp_path, ("cities15000.zip", PLACES))
    assert report.entities == 2
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.tsv", "id\tname\n")
        archive.writestr("b.tsv", "id\tname\n")
    with pytest.raises(
        InputError, match=r"two\.zip: the archive must hold one file, or one named two; it holds a\.tsv, b\.tsv"
    ):
        EntitySource(tmp_path / "two.zip")


@pytest.mark.parametrize("packed", [".gz", ".bz2", ".zst", ".zip"])
@pytest.mark.parametrize("damage", ["cut", "bits"])
def test_a_damaged_archive_builds_nothing(tmp_path, packed, damage):
    rows = "".join(place(n, f"Place{n * 7919 % 10007} of {n}") for n in range(20_000))
    path = write(tmp_path, "places" + (".txt" + packed if packed != ".zip" else packed), rows)
    data = bytearray(path.read_bytes())
    if damage == "cut":
        del data[-2000:]
    else:
        for position in range(len(data) // 2, len(data) // 2 + 40):
            data[position] ^= 0x55
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"places.*: cannot be read: the compressed data (end too early|are damaged)"):
        build_file(tmp_path / "names.db", [path])
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


def test_a_dump_or_a_list_that_ends_too_early(tmp_path):
    for name, text in (("d.json", DUMP[:-3]), ("sdn.xml", SDN_XML[:-20])):
        with pytest.raises(InputError, match=r"(d\.json|sdn\.xml):\d+: cannot be read: "):
            built(tmp_path, (name, text))
        assert not (tmp_path / "names.db").exists()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("c.txt", place(1, "A", c7="XX"), "c.txt: unknown format"),
        ("c.csv", GOLDEN.replace("Entity.LegalName", "Entity.Name"), "no column 'id' and no column 'name'"),
        ("x.parquet", "PAR1", "the extension is '.parquet'"),
        ("a.txt", ALTERNATES_V2, "supplements the entities of another file, which must be given too"),
        ("x.xml", "<Sanctions><sdnLists/></Sanctions>", "the root is Sanctions; expected:"),
    ],
)
def test_a_file_that_cannot_be_told(tmp_path, name, text, message):
    with pytest.raises(InputError) as raised:
        built(tmp_path, (name, text))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("format", "text", "message"),
    [
        ("geonames", place(1, "A", c7="XX"), "column 7 is not a feature class: 'XX'"),
        ("geonames", place(1, "A", c5="north"), "column 5 is not a latitude: 'north'"),
        ("geonames", place(1, "A", c15="many"), "column 15 is not a population: 'many'"),
        ("geonames", place("Q1", "A"), "column 1 is not a geonameid: 'Q1'"),
        ("geonames", place(1, "A").rstrip("\n") + "\tmore\n", "the first line has 20 columns"),
        ("gleif", GOLDEN.replace(f'"{OTHER}.1.type"', '"x"'), f"no column '{OTHER}.1.type'"),
        ("opensanctions-csv", TARGETS.replace('"schema"', '"kind"'), "no column 'schema'"),
        ("jrc", "x\tP\tu\tA\n", "column 1 is not an id: 'x'"),
        ("jrc", "1\tPerson\tu\tA\n", "column 2 is not a type (one letter): 'Person'"),
        ("ofac", "31,A,individual\n", "the first line has 3 columns"),
        ("ofac", SDN.replace("31,", "x31,"), "column 1 is not an ent_num: 'x31'"),
        ("ftm", '{"id": "a", "name": "A"}\n', "expected: JSON lines with id, schema and properties"),
        ("wikidata", "", "it is empty; expected: a JSON array"),
    ],
)
def test_moved_columns_are_named(tmp_path, format, text, message):
    with pytest.raises(InputError) as raised:
        built(tmp_path, ("source.txt", text), format=format)
    assert message in str(raised.value)


def test_bad_rows_are_left_out_and_listed(tmp_path):
    rows = (
        PLACES
        + place(12, "Too Few").replace("\t", " ", 3)
        + place(13, "???")
        + place(14, "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"))
        + place(15, "Odd", c9="XXX")
    )
    report, ask = built(tmp_path, ("c.txt", rows))
    assert [(error.line, error.reason.split(":")[0]) for error in report.rejects] == [
        (3, "16 columns where 19 are expected"),
        (4, "no name of '13' has a letter or digit"),
        (6, "column 9 is not a country code"),
    ]
    assert ask("SELECT id FROM entity") == [("10",), ("11",), ("14",)]


@pytest.mark.parametrize("format", [*FORMATS, "xml"])
def test_any_bytes_are_an_error_or_rejected(tmp_path, format):
    format, text = ("ofac", SDN_XML) if format == "xml" else (format, FILES[format][1])
    rng = random.Random(text)
    odd = [
        b"\x00",
        b"\xff",
        b"\xed\xa0\x80",
        b'"',
        b"\t",
        b"\n",
        b"\\ud800",
        b"{",
        b"}",
        b"[]",
        b"null",
        b"9" * 400,
        b"<",
        b"",
    ]
    for _ in range(60):
        data = bytearray(text.encode())
        for _ in range(rng.randint(1, 4)):
            place = rng.randrange(len(data))
            data[place : place + rng.randint(0, 9)] = rng.choice(odd)
        path = write(tmp_path, "source.dat", bytes(data))
        with contextlib.suppress(InputError):
            build_file(
                tmp_path / "names.db", [EntitySource(path, SourceOptions(format=format))], merge=rng.random() < 0.5
            )


def test_the_command(tmp_path):
    write(tmp_path, "c.txt.gz", PLACES + place(13, "???"))
    write(tmp_path, "a.txt", ALTERNATES_V2)
    database = str(tmp_path / "names.db")
    arguments = ["build", "-o", database, str(tmp_path / "c.txt.gz"), str(tmp_path / "a.txt"), "--prefix"]
    result = CliRunner().invoke(main, [*arguments, "--langs", "ru,en,de", "--rejects", str(tmp_path / "bad.jsonl")])
    assert result.exit_code == 1
    assert "1 lines are about entities in none of the tables" in result.stderr
    assert json.loads((tmp_path / "bad.jsonl").read_text())["line"] == 3
    info = CliRunner().invoke(main, ["info", "--db", database]).stdout
    assert "source: c.txt.gz (2 entities, sha256 " in info
    assert "2026-03-04" in info
    assert "CC-BY-4.0: https://www.geonames.org/" in info
    facts = json.loads(CliRunner().invoke(main, ["info", "--db", database, "--json"]).stdout)["sources"]
    assert [fact["licence"] for fact in facts] == ["CC-BY-4.0"] * 2
    answer = CliRunner().invoke(main, ["resolve", "--db", database, "Ostervalle"]).stdout
    assert answer.startswith('linked\tOster"vale [geonames:10]')
    result = CliRunner().invoke(main, [*arguments, "--format", "gleif"])
    assert result.exit_code == 2
    assert "c.txt.gz:1: not in the format gleif: no column 'LEI'; expected:" in result.stderr
    for wrong, message in [(["--format", "x"], "a format must be one of"), (["--columns", "id"], "takes pairs as")]:
        result = CliRunner().invoke(main, [*arguments, *wrong])
        assert result.exit_code == 2
        assert message in result.stderr


def test_put_reads_the_formats_too(tmp_path):
    built(tmp_path, ("t.tsv", "id\tname\nx\tOne\n"))
    path = write(tmp_path, "e.json.gz", FTM)
    result = CliRunner().invoke(main, ["put", "--db", str(tmp_path / "names.db"), str(path)])
    assert result.exit_code == 0, result.stderr
    assert "2 new" in result.stderr
    result = CliRunner().invoke(
        main, ["put", "--db", str(tmp_path / "names.db"), str(write(tmp_path, "a.txt", ALTERNATES))]
    )
    assert result.exit_code == 2
    assert "of another file" in result.stderr
