"""Acronyms of organisations, and legal forms spelled out."""

import pytest

import resolver
from resolver.database.build import build_file
from resolver.names.acronyms import acronym_number, acronyms_of
from resolver.names.normal_form import normal_form
from resolver.records import Entity

TABLE = """id\tname\ttype
treaty\tNorthern Harbour Treaty Organisation\torg
defence\tDepartment of Harbour Defence\torg
line\tQVET\torg
bank\tMinistry of Rivers and Lakes\torg
bank2\tMuseum of Rail and Lorries\torg
person\tKarl Otto Brenner\tperson
ministry\tМинистерство портовых дел\torg
stripes\tStrandline LLC\torg
"""


@pytest.fixture(scope="module")
def harbours(tmp_path_factory):
    folder = tmp_path_factory.mktemp("acronyms")
    (folder / "names.tsv").write_text(TABLE, encoding="utf-8")
    build_file(folder / "names.db", [folder / "names.tsv"])
    with resolver.open(folder / "names.db") as names:
        yield names


def best(names, mention):
    found = names.resolve(mention).candidates
    return found[0].entity.id if found else None


@pytest.mark.parametrize(
    ("mention", "entity"),
    [
        ("NHTO", "treaty"),
        ("Dohd", "defence"),
        ("DHD", "defence"),
        ("МПД", "ministry"),
        ("Quality Vessel Exchange Trust", "line"),
        ("Quality Vessel Exchange Trust Ltd.", "line"),
    ],
)
def test_an_acronym_finds_the_name_and_the_name_the_acronym(harbours, mention, entity):
    resolution = harbours.resolve(mention)
    assert resolution.candidates[0].entity.id == entity
    assert resolution.candidates[0].evidence.features["acronym"] != 0.0
    assert "acronym" in resolution.explain()


def test_a_longer_acronym_is_surer(harbours):
    assert harbours.resolve("NHTO").probability > harbours.resolve("DHD").probability > 0.15


def test_an_acronym_of_two_names_is_of_neither(harbours):
    resolution = harbours.resolve("MORAL")
    assert {candidate.entity.id for candidate in resolution.candidates[:2]} == {"bank", "bank2"}
    assert resolution.outcome != "linked"


def test_persons_have_no_acronyms(harbours):
    assert best(harbours, "KOB") is None or harbours.resolve("KOB").outcome == "nil"
    assert best(harbours, "NHTO") == "treaty"
    assert harbours.resolve("NHTO", type="person").outcome == "nil"


def test_acronyms_of_names_put_in_since_are_found(tmp_path):
    (tmp_path / "names.tsv").write_text(TABLE, encoding="utf-8")
    build_file(tmp_path / "names.db", [tmp_path / "names.tsv"])
    with resolver.open(tmp_path / "names.db") as names:
        names.put(Entity("guild", "Western Ropemakers Guild Union", "org"))
        assert best(names, "WRGU") == "guild"
        names.remove("treaty")
        assert best(names, "NHTO") != "treaty"


def test_letters_of_acronyms():
    assert acronym_number("abc") != acronym_number("acb")
    assert acronym_number("ab") == acronym_number("abcdefg") == acronym_number("a1c") == acronym_number("ÄBC") == 0
    normal = normal_form("Department of Harbour Defence Ltd")
    assert acronyms_of(normal.tokens, normal.roles) == {"dhd", "dohd"}
    assert acronyms_of(("of", "the"), ("particle", "linking")) == set()


@pytest.mark.parametrize(
    "mention",
    ["Strandline Limited Liability Company", "Strandline GmbH", "ООО Strandline", "Strandline Sociedad Anónima"],
)
def test_legal_forms_spelled_out_are_no_part_of_the_name(harbours, mention):
    resolution = harbours.resolve(mention)
    assert resolution.outcome == "linked" and resolution.candidates[0].entity.id == "stripes"
    assert normal_form(mention).core == "strandline"


@pytest.mark.parametrize(
    ("name", "roles"),
    [
        ("Open Joint Stock Company Gazprom", ("legal",) * 4 + ("name",)),
        ("Joint Stock Company", ("name", "name", "legal")),
        ("Open Society", ("name", "name")),
        ("AS Roma", ("name", "name")),
        ("OAO Gazprom", ("legal", "name")),
        ("Gasthof Sociedad Anónima de Capital Variable", ("name", *("legal",) * 5)),
    ],
)
def test_roles_of_legal_forms(name, roles):
    assert normal_form(name).roles == roles


def test_a_word_put_in_the_place_of_another_makes_another_name(harbours):
    same = harbours.compare("Abdul Rahman Khalaf Dosari", "Abdul Rahman Khalaf Dosary").score
    other = harbours.compare("Abdul Rahman Khalaf Dosari", "Abdul Rahman Khalaf Wickham").score
    assert same > other + 4.0


@pytest.mark.parametrize(
    ("mention", "name"), [("Harbour Fund II", "Harbour Fund"), ("Karl Brenner Jr", "Karl Brenner")]
)
def test_a_number_or_generation_that_only_one_has_counts_against(harbours, mention, name):
    comparison = harbours.compare(mention, name)
    assert comparison.evidence.features["number_lacking"] == 1.0
    assert comparison.score < harbours.compare(name, name).score - 2.0
