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
conll      .conll .conllu          tokens; only edits come of it    the tokens with
                                                                    spaces between

Texts are UTF-8, those whose offsets count in the file also UTF-16 with a BOM; HTML and XML may say otherwise, up to
16 MB. Files, lines, cells and strings of any size are read a piece at a time, and what the memory holds does not grow
with them; in a long text names are known within blocks of 64 to 256 kB. Refused is Markdown, HTML or XML with 16 MB
and nothing to cut at: no paragraph, or no text. Of Parquet one row group is held in 3 to 6 times its unpacked size,
and a row with a huge text in 12 times. Markup within a name stays in it.

With --min-precision both count: how probable the entity is, which the edit says, and how surely the words are a
distorted form of its name. Forms that the table has, but for case or debris, are sure.

An edit has doc (the record's id, else path:line of the record; a file is one record where offsets count in it), start
and end (half-open, in code points; a BOM is one), before, after, id, name, probability and reason, and field where
there are several.

--save keeps in the database what the mentions were taken for, each different answer once with how often: names that
are right as they stand too, and with --dry-run as well. "resolved" lists them. A run that is interrupted and goes on
is saved once, at its end.

Nothing is written over an input or a backup. With --jobs the bytes are the same for any number of processes. A run
that was interrupted goes on from the last checkpoint, two seconds before at most; when an input, the table or the
options have changed since, it begins anew and says so. "undo" restores all files of a run, or none when one has
changed since; it needs EDITS.undo, which stands beside the edits, and for compressed and Parquet files the backups.

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
