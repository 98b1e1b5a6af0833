"""The notes at the end of the longer `--help` texts."""

REWRITE = """\b
Format     Extension               Text is                          Offsets count in
text       any other               all                              the file
markdown   .md                     all but code, link targets,      the file
                                   raw HTML, front matter
html       .html .htm .xhtml       what a browser shows, not code   the file
xliff tmx  .xlf .xliff .tmx        the target side                  the file
jsonl      .jsonl .ndjson          --field: text, a.b, list.key     the value
csv tsv    .csv .tsv               --column                         the value
parquet    .parquet                --column (extra: arrow)          the value
conll      .conll .conllu          tokens; writes only edits        the tokens with
                                                                    spaces between

Texts are UTF-8. Those whose offsets count in the file may also be UTF-16 with a BOM; HTML and XML of up to 16 MB may
declare another encoding. Files, lines, cells and strings may have any size: they are read piece by piece, in bounded
memory, and in a long text names are known within blocks of 64 to 256 kB. A Markdown, HTML or XML file is refused if
16 MB of it have no paragraph, or no text, to cut at. Of Parquet one row group at a time is in memory, in 3 to 6 times
its uncompressed size, or 12 times for a row with a huge text. Markup within a name stays in it.

--min-precision takes two numbers into account: the probability of the entity, which the edit has, and how surely the
words are a distorted form of its name. Forms that are in the table, but for case or debris, are sure.

An edit has doc (the id of the record, otherwise path:line of the record; where offsets count in the file, the file is
one record), start and end (half-open, in code points; a BOM is one), before, after, id, name, probability and reason,
and field if there are several.

--save keeps in the database what the mentions were taken for, each different answer once, with its count; also names
that are right as they stand, and also with --dry-run. "resolved" lists them. A run that is interrupted and resumed is
saved once, at its end.

No input and no backup is ever overwritten. The outputs are the same for any number of --jobs. An interrupted run is
resumed from its last checkpoint, at most two seconds before; if an input, the table or the options have changed since,
it begins again and says so. "undo" restores all files of a run, or none if one has changed since. It needs EDITS.undo,
which stands beside the edits, and for compressed and Parquet files the backups.

Exit codes: 0 done, 1 done and some records or files rejected, 2 usage, unreadable input or an output that cannot be
written."""

BUILD = """\b
Format                 Files                               Names
wikidata               latest-all.json (CC0)               of the classes in data/wikidata_classes.tsv
ftm                    entities.ftm.json (CC BY-NC)        weakAlias, abbreviation: weak; previousName: former
opensanctions-csv      targets.simple.csv (CC BY-NC)
geonames               cities*.txt, allCountries.txt, and  historic: former; colloquial: weak; abbr: acronym;
                       alternateNamesV2.txt (CC BY)        weight by population
gleif                  golden copy, CSV (CC0)              previous: former; transliterated: variant
jrc                    JRC-Names (free reuse)              other spellings in Latin letters: variant
ofac                   sdn.csv with alt.csv, sdn.xml       weak: weak; f.k.a.: former
tsv, csv, jsonl        tables                              other column names: --columns

Other ids that a source gives for an entity (referents, Wikidata ids, LEIs) become redirects, which "accept" and
"reject" follow. --merge makes one entity of those that share an id, with the id and name of the first; a name that is
weak in one of them is weak. Without --merge a repeated id is an error. --with needs the extra "sources"; companies need
the package financedatabase, which downloads its data."""
