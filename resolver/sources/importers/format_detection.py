"""Which format a file is in: by the one that was asked for, else by its extension and its first bytes."""

from __future__ import annotations

from pathlib import PurePath

from resolver.errors import InputError, SettingError
from resolver.infra.compression import COMPRESSED
from resolver.sources.archives import Archive
from resolver.sources.importers import geonames, gleif, ofac, opensanctions, wikidata
from resolver.sources.importers import jrc_names as jrc
from resolver.sources.importers import plain_tables as tables
from resolver.sources.importers.importer import Importer, Options

IMPORTERS: tuple[type[Importer], ...] = (
    wikidata.Dump,
    opensanctions.Entities,
    opensanctions.Targets,
    geonames.Places,
    geonames.AlternateNames,
    gleif.GoldenCopy,
    jrc.JrcNames,
    ofac.Designated,
    ofac.OtherNames,
    ofac.DesignatedXml,
    tables.Tsv,
    tables.Csv,
    tables.JsonLines,
)
FORMATS = tuple(dict.fromkeys(importer.format for importer in IMPORTERS))
"""What users may ask for."""

PLAIN: dict[str, type[Importer]] = {
    ".tsv": tables.Tsv,
    ".csv": tables.Csv,
    ".jsonl": tables.JsonLines,
    ".ndjson": tables.JsonLines,
}
"""The format of a table that is none of the others, by the extension of its file."""

HEAD = 1 << 16
"""How many bytes of a file are looked at."""


def importer_of(archive: Archive, options: Options) -> Importer:
    """The format of a file. Raises InputError when it cannot be read, or is in none or not the one asked for."""
    if options.format not in ("", *FORMATS):
        raise SettingError(f"a format must be one of {', '.join(FORMATS)}, not {options.format!r}")
    extension = PurePath(archive.inner_name()).suffix.lower()
    head = b"" if extension == ".tsv" and not options.format else archive.head(HEAD)
    importer = _choose(archive, options, extension, head)(archive.path, options)
    importer.begin(head)
    return importer


def _choose(archive: Archive, options: Options, extension: str, head: bytes) -> type[Importer]:
    possible = [importer for importer in IMPORTERS if options.format in ("", importer.format)]
    if len(possible) == 1:
        return possible[0]
    if extension != ".tsv" or options.format:
        for importer in possible:
            if importer.recognises(head):
                return importer
    if options.format:
        return possible[0]  # which says what is wrong with it
    if extension in PLAIN:
        return PLAIN[extension]
    known = ", ".join(PLAIN)
    packed = ", ".join((*COMPRESSED, ".zip"))
    raise InputError(
        f"of no known format, by its first bytes: the extension must be one of {known} for a table (before {packed}),"
        f" or --format one of {', '.join(FORMATS)}; the extension is {extension!r}",
        archive.path,
    )
