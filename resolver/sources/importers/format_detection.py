"""Detection of a file's format by the option --format, its extension and its first bytes."""

from __future__ import annotations

from pathlib import PurePath

from resolver.errors import InputError, SettingError
from resolver.infra.compression import COMPRESSED
from resolver.sources.archives import Archive
from resolver.sources.importers import geonames, gleif, ofac, opensanctions, wikidata
from resolver.sources.importers import jrc_names as jrc
from resolver.sources.importers import plain_tables as tables
from resolver.sources.importers.importer import Importer, SourceOptions

IMPORTERS: tuple[type[Importer], ...] = (
    wikidata.WikidataDump,
    opensanctions.FtmEntities,
    opensanctions.SimpleTargets,
    geonames.GeoNamesPlaces,
    geonames.GeoNamesAlternates,
    gleif.GoldenCopy,
    jrc.JrcNames,
    ofac.SdnEntries,
    ofac.SdnOtherNames,
    ofac.SdnXml,
    tables.TsvTable,
    tables.CsvTable,
    tables.JsonLinesTable,
)
FORMATS = tuple(dict.fromkeys(importer.format for importer in IMPORTERS))
"""The values of --format."""

PLAIN: dict[str, type[Importer]] = {
    ".tsv": tables.TsvTable,
    ".csv": tables.CsvTable,
    ".jsonl": tables.JsonLinesTable,
    ".ndjson": tables.JsonLinesTable,
}
"""The importers of plain tables by extension, for files that no other importer recognises."""

HEAD_BYTES = 1 << 16
"""Number of bytes at the beginning of a file by which its format is detected."""


def importer_of(archive: Archive, options: SourceOptions) -> Importer:
    """The importer for a file.

    Raises InputError for a file that cannot be read, is in no known format, or is not in the format of `options`;
    SettingError for an unknown format.
    """
    if options.format not in ("", *FORMATS):
        raise SettingError(f"a format must be one of {', '.join(FORMATS)}, not {options.format!r}")
    extension = PurePath(archive.inner_name()).suffix.lower()
    head = b"" if extension == ".tsv" and not options.format else archive.head(HEAD_BYTES)
    importer = _choose(archive, options, extension, head)(archive.path, options)
    importer.check_head(head)
    return importer


def _choose(archive: Archive, options: SourceOptions, extension: str, head: bytes) -> type[Importer]:
    possible = [importer for importer in IMPORTERS if options.format in ("", importer.format)]
    if len(possible) == 1:
        return possible[0]
    if extension != ".tsv" or options.format:
        for importer in possible:
            if importer.recognises(head):
                return importer
    if options.format:
        return possible[0]  # its check reports what is wrong
    if extension in PLAIN:
        return PLAIN[extension]
    known = ", ".join(PLAIN)
    packed = ", ".join((*COMPRESSED, ".zip"))
    raise InputError(
        f"unknown format, judged by its first bytes: the extension of a table must be one of {known} (before {packed}),"
        f" or --format one of {', '.join(FORMATS)}; the extension is {extension!r}",
        archive.path,
    )
