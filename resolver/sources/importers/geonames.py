"""GeoNames: cities*.txt or allCountries.txt, and alternateNamesV2.txt; tab-separated, without header or quoting."""

from __future__ import annotations

from math import sqrt

from resolver.records import WEAK, Alias, Entity
from resolver.sources.importers.importer import SourceEntity, Supplement, TabbedImporter, clean, distinct

CLASSES = frozenset("AHLPRSTUV")
"""The feature classes of GeoNames; a place may have none."""

NO_NAMES = frozenset("link post iata icao faac tcid unlc phon piny".split())
"""Values of the language column that mark links, codes and pronunciations, not names."""

WIKIDATA = "wkdt"
ABBREVIATION = "abbr"

POPULATION_OF_WEIGHT_1 = 1_000
"""Population of a place of weight 1; smaller places also have weight 1."""


def weight_of(population: int) -> float:
    """The prior weight of a place, which grows with the square root of its population."""
    return round(sqrt(max(population, POPULATION_OF_WEIGHT_1) / POPULATION_OF_WEIGHT_1), 2)


class _GeoNamesImporter(TabbedImporter):
    format = "geonames"
    expects = "lines of 19 tab-separated columns (cities*.txt, allCountries.txt), or of 10 or 8 (alternateNamesV2.txt)"
    authority = "geonames"
    licence = "CC-BY-4.0"
    url = "https://www.geonames.org/"


class GeoNamesPlaces(_GeoNamesImporter):
    """The table of places (cities*.txt, allCountries.txt)."""

    columns = (19,)

    @classmethod
    def misplaced(cls, cells: list[str]) -> str:
        """The first invalid column: number, coordinates, class, country or population; "" if there is none."""
        checks = [
            (1, "geonameid", cells[0].isdigit()),
            (2, "name", bool(cells[1].strip())),
            (5, "latitude", _is_degrees(cells[4], 90)),
            (6, "longitude", _is_degrees(cells[5], 180)),
            (7, "feature class", not cells[6] or cells[6] in CLASSES),
            (9, "country code", not cells[8] or (len(cells[8]) == 2 and cells[8].isalpha())),
            (15, "population", not cells[14] or cells[14].isdigit()),
        ]
        wrong = next(((number, what) for number, what, right in checks if not right), None)
        return "" if wrong is None else f"column {wrong[0]} is not a {wrong[1]}: {cells[wrong[0] - 1]!r}"

    def id_of(self, record: bytes) -> str:
        """The geonameid."""
        return self._prefix + record.split(b"\t", 1)[0].decode(errors="replace")

    def entity(self, record: list[str]) -> SourceEntity | None:
        """A place, with the names in its row, which have no language."""
        problem = self.misplaced(record)
        if problem:
            raise ValueError(problem)
        name = clean("name", record[1])
        others = [record[2], *record[3].split(",")]
        aliases = distinct(name, [Alias(clean("alternate name", other)) for other in others if other.strip()])
        weight = weight_of(int(record[14] or 0))
        return SourceEntity(
            Entity(self._prefix + record[0], name, "place", aliases, weight), modified=record[18].strip()
        )


class GeoNamesAlternates(_GeoNamesImporter):
    """The alternate names of places, with language and kind (alternateNamesV2.txt)."""

    columns = (10, 8)
    has_entities = False

    @classmethod
    def misplaced(cls, cells: list[str]) -> str:
        """The first invalid column: one of the two numbers, the language or a flag; "" if there is none."""
        wrong = next((number for number in (1, 2) if not cells[number - 1].isdigit()), 0)
        if wrong:
            return f"column {wrong} is not a {('alternateNameId', 'geonameid')[wrong - 1]}: {cells[wrong - 1]!r}"
        if not all(c.isalnum() or c in "-_" for c in cells[2]):
            return f"column 3 is not a language: {cells[2]!r}"
        flag = next((number for number in range(5, 9) if cells[number - 1] not in ("", "0", "1")), 0)
        return f"column {flag} is not a flag: {cells[flag - 1]!r}" if flag else ""

    def supplement(self, record: list[str]) -> Supplement | None:
        """A name, whose flags give its kind (short, historic: former, colloquial: weak), or a Wikidata id."""
        problem = self.misplaced(record)
        if problem:
            raise ValueError(problem)
        _, place, lang, name, _, short, colloquial, historic = record[:8]
        if lang == WIKIDATA:
            return Supplement(self._prefix + place, None, clean("Wikidata id", name))
        if lang in NO_NAMES or not self.options.wants_language("" if lang == ABBREVIATION else lang):
            return None
        if historic == "1":
            kind = "former"
        elif colloquial == "1":
            kind = WEAK
        elif lang == ABBREVIATION:
            kind = "acronym"
        else:
            kind = "short" if short == "1" else ""
        lang = "" if lang == ABBREVIATION else lang.replace("_", "-")
        return Supplement(self._prefix + place, Alias(clean("alternate name", name), lang, kind))


def _is_degrees(text: str, maximum: int) -> bool:
    try:
        return abs(float(text)) <= maximum
    except ValueError:
        return False
