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
declare another encoding. Files, lines, cells and strings may have any size: they are read in pieces, in bounded
memory. In a long text, context is limited to blocks of 64 to 256 kB. A Markdown, HTML or XML file is refused if
16 MB of it have no paragraph, or no text, to cut at. Parquet is read one row group at a time, in 3 to 6 times
its uncompressed size, or 12 times for a row with a huge text. Markup within a name stays in it.

--min-precision combines two numbers: the probability of the entity, which the edit states, and the probability that the
words are a distorted form of its name. The latter is 1 for forms in the table, apart from case or debris.

An edit has doc (the id of the record, otherwise path:line of the record; where offsets count in the file, the file is
one record), start and end (half-open, in code points; a BOM is one), before, after, id, name, probability and reason,
and field if there are several.

--save stores the answers for the mentions in the database, each distinct answer once, with its count; also for names
that are correct as written, and also with --dry-run. "resolved" lists them. A run that is interrupted and resumed is
saved once, at its end.

No input and no backup is ever overwritten. The outputs are the same for any number of --jobs. An interrupted run is
resumed from its last checkpoint, at most two seconds earlier; if an input, the table or the options have changed since,
it starts again, and says so. "undo" restores all files of a run, or none if one has changed since. It needs EDITS.undo
beside the edits and, for compressed and Parquet files, the backups.

Exit codes: 0 done, 1 done, but some records or files rejected, 2 usage, unreadable input or an output that cannot be
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
