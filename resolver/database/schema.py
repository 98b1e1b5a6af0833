"""The layout of the SQLite file. Names of tables and columns are public: users query them.

`layout.py` creates the tables, views and indexes from here, with sqlite-utils. The tables are written in SQL because
sqlite-utils (4.2) cannot create a table with comments, AUTOINCREMENT, CHECK, UNIQUE or WITHOUT ROWID; `resolver schema`
and the schema in the file show the comments. Every reader imports this module, so it does not import sqlite-utils.
"""

from __future__ import annotations

import hashlib
from functools import cache

from resolver.infra.packaged_data import data_path
from resolver.names.normal_form import RULES_VERSION

APPLICATION_ID = 0x4E414D45
"""The `application_id` of a database of this program ("NAME")."""

SCHEMA_VERSION = 6
"""The number of the layout below, stored as `user_version`."""

EARLIER_LAYOUTS = frozenset(range(1, SCHEMA_VERSION))
"""Earlier layouts, which `resolver compact` migrates to this one."""

TABLES = """
CREATE TABLE IF NOT EXISTS
entity (                                   -- what names may mean: people, organisations, places
    no INTEGER PRIMARY KEY AUTOINCREMENT,  -- row number; never given to another entity
    id TEXT NOT NULL UNIQUE,               -- id in its source, which answers name it by
    name TEXT NOT NULL,                    -- canonical name
    type TEXT NOT NULL,                    -- person, org, place, other
    weight REAL NOT NULL                   -- prior: how much more often it is meant than an entity of weight 1
) STRICT;
CREATE TABLE IF NOT EXISTS
alias (                                    -- every name of an entity, its canonical name first
    no INTEGER PRIMARY KEY AUTOINCREMENT,  -- row number; the aliases of an entity follow each other
    entity INTEGER NOT NULL REFERENCES entity (no),  -- row of the entity that has the name
    name TEXT NOT NULL,                    -- the name as written in its source
    lang TEXT NOT NULL,                    -- language (BCP 47), or empty
    kind TEXT NOT NULL,                    -- canonical, short, acronym, native, former, variant, weak, or empty
    form INTEGER REFERENCES form (no)      -- its normal form; null: it has no letter or digit
) STRICT;
CREATE TABLE IF NOT EXISTS
form (                                     -- distinct normal forms of names
    no INTEGER PRIMARY KEY,                -- place in the search index
    exact TEXT NOT NULL UNIQUE             -- folded words in their own script
) STRICT;
CREATE TABLE IF NOT EXISTS
source (                                   -- what the table was built from, in the order given
    no INTEGER PRIMARY KEY,                -- place in that order
    path TEXT NOT NULL,                    -- name of the file, or of the package and its table
    sha256 TEXT NOT NULL,                  -- digest of the file as it was, compressed or not; empty for a package
    entities INTEGER NOT NULL,             -- number of its entities
    format TEXT NOT NULL,                  -- as for resolver build --format; for a package, the prefix of its ids
    licence TEXT NOT NULL,                 -- SPDX identifier if there is one; empty: not known
    url TEXT NOT NULL,                     -- where its makers publish it
    version TEXT NOT NULL                  -- its makers' name for it, or the last day on which an entity was changed
) STRICT;
CREATE TABLE IF NOT EXISTS
origin (                                   -- the sources of each entity; none: it was put in after the build
    entity INTEGER NOT NULL REFERENCES entity (no),  -- row of the entity
    source INTEGER NOT NULL REFERENCES source (no),  -- row of one of its sources
    PRIMARY KEY (entity, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS
redirect (                                 -- other ids of entities
    old TEXT PRIMARY KEY,                  -- former id, or the id in another source
    new TEXT NOT NULL,                     -- id of the entity, which may have been removed since
    source INTEGER REFERENCES source (no)  -- row of the source that gives the other id
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS
meta (                                     -- facts about the file as a whole
    key TEXT PRIMARY KEY,                  -- fingerprint: of the rules for normal forms and the search index
    value TEXT NOT NULL                    -- value of the fact
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS
search_index (                             -- the candidate index, in chunks; only this program reads it
    part TEXT NOT NULL,                    -- name of the array
    chunk INTEGER NOT NULL,                -- place of the chunk in that array
    data BLOB NOT NULL,                    -- bytes of the chunk
    PRIMARY KEY (part, chunk)
) STRICT;
CREATE TABLE IF NOT EXISTS
change (                                   -- entities put in and removed since the search index was made
    no INTEGER PRIMARY KEY,                -- in the order of the changes
    removed INTEGER,                       -- row of the entity removed, or changed: it is put in again; else null
    added INTEGER,                         -- row of the entity put in, else null
    aliases TEXT                           -- JSON array of the removed entity's names, for readers that still hold it
) STRICT;
CREATE TABLE IF NOT EXISTS
decision (                                 -- what people decided that mentions mean; the later one counts
    no INTEGER PRIMARY KEY,                -- in the order of the decisions
    mention TEXT NOT NULL,                 -- the mention as written
    exact TEXT NOT NULL,                   -- its normal form: the decision is on all mentions that have it
    id TEXT NOT NULL,                      -- id of the entity, which may have been removed since
    verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject')),  -- the mention means this entity, or it does not
    who TEXT NOT NULL,                     -- who decided
    decided TEXT NOT NULL,                 -- time of the decision: UTC, ISO 8601
    why TEXT NOT NULL,                     -- reason, or empty
    undone TEXT                            -- time at which it was taken back, else null
) STRICT;
CREATE TABLE IF NOT EXISTS
run (                                      -- runs whose answers were saved
    no INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order of saving; never given to another run
    command TEXT NOT NULL,                 -- resolve, rewrite, paste (the page), or a program's own name for it
    input TEXT NOT NULL,                   -- name of the input; empty: standard input, or none
    saved TEXT NOT NULL,                   -- time of saving: UTC, ISO 8601, in microseconds
    min_precision REAL NOT NULL            -- precision required of links; 0: a probability was required instead
) STRICT;
CREATE TABLE IF NOT EXISTS
resolved (                                 -- saved answers: one row for each mention and different answer of a run
    no INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order of their first occurrence in the input
    run INTEGER NOT NULL REFERENCES run (no),  -- number of the run
    mention TEXT NOT NULL,                 -- the mention as written
    exact TEXT NOT NULL,                   -- its normal form, which decisions are on; empty: it has no letter or digit
    type TEXT NOT NULL,                    -- type of entity that was asked for, or empty
    outcome TEXT NOT NULL CHECK (outcome IN ('linked', 'ambiguous', 'nil')),  -- one entity, several, or none
    id TEXT,                               -- id of the entity, which may have been removed since; null unless linked
    probability REAL NOT NULL,             -- probability of the best candidate, whatever the outcome
    candidates TEXT NOT NULL,              -- JSON array of at most 5 {id, name, type, probability}, the best first
    times INTEGER NOT NULL,                -- number of occurrences in the input
    place TEXT NOT NULL                    -- line or document of the first occurrence, or empty
) STRICT;
"""
"""The tables.

SQLite stores each statement from the name on, so that the first line of the stored text has the name and the purpose of
the table, and each other line a column and its meaning.
"""

VIEWS = {
    "names": """\
SELECT                                     -- one row for each name of each entity
        alias.name,                        -- the name as written in its source
        alias.lang,                        -- language (BCP 47), or empty
        alias.kind,                        -- kind of name, as in alias
        entity.id,                         -- id of the entity that has it
        entity.name AS canonical,          -- canonical name of the entity
        entity.type,                       -- person, org, place, other
        entity.weight                      -- prior of the entity
    FROM alias JOIN entity ON entity.no = alias.entity""",
    "shared_names": """\
SELECT                                     -- names that several entities have
        form.exact,                        -- normal form of the name
        count(DISTINCT alias.entity) AS entities,     -- number of entities that have it
        group_concat(DISTINCT entity.id) AS ids       -- their ids, separated by commas
    FROM alias JOIN form ON form.no = alias.form JOIN entity ON entity.no = alias.entity
    GROUP BY form.no HAVING count(DISTINCT alias.entity) > 1""",
    "waiting": """\
SELECT                                     -- saved answers to be reviewed: uncertain ones without a decision in force
        resolved.no,                       -- number of the answer, as in resolved
        resolved.run,                      -- number of the run
        resolved.mention,                  -- the mention as written
        resolved.exact,                    -- its normal form
        resolved.type,                     -- type of entity that was asked for, or empty
        resolved.outcome,                  -- ambiguous; or linked or nil, with a probability from 0.1 to 0.9
        resolved.id,                       -- id of the entity; null unless linked
        resolved.probability,              -- probability of the best candidate
        resolved.candidates,               -- JSON array of candidates, as in resolved
        resolved.times,                    -- number of occurrences in the input
        resolved.place                     -- line or document of the first occurrence
    FROM resolved
    WHERE (outcome = 'ambiguous' OR probability BETWEEN 0.1 AND 0.9) AND exact != ''
        AND exact NOT IN (SELECT decision.exact FROM decision WHERE undone IS NULL)""",
}
"""The SELECT of each view; its first line has the purpose of the view, each line below it a column and its meaning."""

INDEXES = {
    "alias_entity": ("alias", "entity"),
    "alias_form": ("alias", "form"),
    "resolved_run": ("resolved", "run"),
    "resolved_exact": ("resolved", "exact"),
    "resolved_id": ("resolved", "id"),
}
"""The table and column of each index."""


@cache
def fingerprint() -> str:
    """A hash of the rules for normal forms and keys, 16 hexadecimal digits; a database stores the one of its build."""
    digest = hashlib.sha256(f"rules {RULES_VERSION}".encode())
    for table in ("name_parts.tsv", "abbreviations.tsv", "name_marks.tsv", "letter_folding.tsv", "digraphs.tsv"):
        digest.update(data_path(table).read_bytes())
    return digest.hexdigest()[:16]
