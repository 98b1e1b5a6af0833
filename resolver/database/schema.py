"""The layout of the SQLite file. Table and column names are public: others query them."""

from __future__ import annotations

import hashlib
from functools import cache

from resolver.infra.packaged_data import data_path
from resolver.names.normal_form import RULES_VERSION

APPLICATION_ID = 0x4E414D45
"""Marks a SQLite file as ours ("NAME")."""

SCHEMA_VERSION = 6
"""The layout below; stored as `user_version`."""

EARLIER = frozenset(range(1, SCHEMA_VERSION))
"""Layouts that can be taken forward to this one."""

SCHEMA = """
CREATE TABLE entity (                      -- what names may mean: people, organisations, places
    no INTEGER PRIMARY KEY AUTOINCREMENT,  -- its row; never given to another entity
    id TEXT NOT NULL UNIQUE,               -- what it is called by other tables, and by those who ask
    name TEXT NOT NULL,                    -- canonical name
    type TEXT NOT NULL,                    -- person, org, place, other
    weight REAL NOT NULL                   -- prior: how much more often than others it is meant
) STRICT;
CREATE TABLE alias (                       -- every name of an entity, its canonical name first
    no INTEGER PRIMARY KEY AUTOINCREMENT,  -- its row; the aliases of an entity follow each other
    entity INTEGER NOT NULL REFERENCES entity (no),  -- row of the entity that has the name
    name TEXT NOT NULL,                    -- as it is written
    lang TEXT NOT NULL,                    -- BCP 47, or empty
    kind TEXT NOT NULL,                    -- canonical, short, acronym, native, former, variant, weak, or empty
    form INTEGER REFERENCES form (no)      -- its normal form; null: no letter or digit in it
) STRICT;
CREATE TABLE form (                        -- distinct normal forms
    no INTEGER PRIMARY KEY,                -- place in the search index
    exact TEXT NOT NULL UNIQUE             -- folded words in their own script
) STRICT;
CREATE TABLE source (                      -- what the table was built from, in the order given
    no INTEGER PRIMARY KEY,                -- place in that order
    path TEXT NOT NULL,                    -- name of the file, or of the package and its table
    sha256 TEXT NOT NULL,                  -- of the file as it was, compressed or not; of a package, empty
    entities INTEGER NOT NULL,             -- how many are from it
    format TEXT NOT NULL,                  -- as for resolver build --format; of a package, what its ids begin with
    licence TEXT NOT NULL,                 -- SPDX where it has such a name; empty: not known
    url TEXT NOT NULL,                     -- where its makers give it out
    version TEXT NOT NULL                  -- as they call it, or the last day on which one of its entities was changed
) STRICT;
CREATE TABLE origin (                      -- which sources an entity is from; none: put in since the build
    entity INTEGER NOT NULL REFERENCES entity (no),  -- its row
    source INTEGER NOT NULL REFERENCES source (no),  -- one of them
    PRIMARY KEY (entity, source)
) STRICT, WITHOUT ROWID;
CREATE TABLE redirect (                    -- ids that mean an entity with another one
    old TEXT PRIMARY KEY,                  -- what it was called before, or is called elsewhere
    new TEXT NOT NULL,                     -- id of the entity, which may have gone since
    source INTEGER REFERENCES source (no)  -- what says so
) STRICT, WITHOUT ROWID;
CREATE TABLE meta (                        -- facts about the file as a whole
    key TEXT PRIMARY KEY,                  -- fingerprint: of the rules that normal forms and search index are made by
    value TEXT NOT NULL                    -- what it is
) STRICT, WITHOUT ROWID;
CREATE TABLE search_index (                -- the candidate index, in chunks; only our code reads it
    part TEXT NOT NULL,                    -- which of its arrays
    chunk INTEGER NOT NULL,                -- place of the chunk in that array
    data BLOB NOT NULL,                    -- the bytes of the chunk
    PRIMARY KEY (part, chunk)
) STRICT;
CREATE TABLE change (                      -- entities put in and taken out since the search index was made
    no INTEGER PRIMARY KEY,                -- in the order of the changes
    removed INTEGER,                       -- row of the one taken out (or changed: it is put in again), else null
    added INTEGER,                         -- row of the one put in, else null
    aliases TEXT                           -- of the one taken out, as JSON, for readers who still hold it
) STRICT;
CREATE TABLE decision (                    -- what people decided that mentions mean; the later one counts
    no INTEGER PRIMARY KEY,                -- in the order they were made
    mention TEXT NOT NULL,                 -- as it was written
    exact TEXT NOT NULL,                   -- its normal form: the decision is on all mentions that have it
    id TEXT NOT NULL,                      -- of the entity, which may have gone since
    verdict TEXT NOT NULL CHECK (verdict IN ('accept', 'reject')),  -- it means this entity, or it does not
    who TEXT NOT NULL,                     -- who decided
    decided TEXT NOT NULL,                 -- when: UTC, ISO 8601
    why TEXT NOT NULL,                     -- the reason, or empty
    undone TEXT                            -- when it was taken back, else null
) STRICT;
CREATE TABLE run (                         -- runs whose answers were saved
    no INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order they were saved; never given to another run
    command TEXT NOT NULL,                 -- resolve, rewrite, paste (the page), or what a program called it
    input TEXT NOT NULL,                   -- what was read, as it was named; empty: standard input, or nothing
    saved TEXT NOT NULL,                   -- when: UTC, ISO 8601, in microseconds
    min_precision REAL NOT NULL            -- asked of what is linked; 0: a probability was asked instead
) STRICT;
CREATE TABLE resolved (                    -- what runs took mentions for: one row for each mention and answer of a run
    no INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order in which they first stand in the input
    run INTEGER NOT NULL REFERENCES run (no),  -- the run that they are of
    mention TEXT NOT NULL,                 -- as it was written
    exact TEXT NOT NULL,                   -- its normal form, on which decisions are; empty: no letter or digit in it
    type TEXT NOT NULL,                    -- the type of entity that was asked for, or empty
    outcome TEXT NOT NULL CHECK (outcome IN ('linked', 'ambiguous', 'nil')),  -- one entity, several, or none
    id TEXT,                               -- of the entity, which may have gone since; null unless linked
    probability REAL NOT NULL,             -- of the most probable entity, whatever the outcome
    candidates TEXT NOT NULL,              -- JSON array of at most 5 {id, name, type, probability}, the best first
    times INTEGER NOT NULL,                -- how often it stands in the input
    place TEXT NOT NULL                    -- where it stands first: line or document, or empty
) STRICT;
CREATE VIEW names AS                       -- one row a name, for readers
    SELECT
        alias.name,                        -- as it is written
        alias.lang,                        -- BCP 47, or empty
        alias.kind,                        -- as in alias
        entity.id,                         -- of the entity that has it
        entity.name AS canonical,          -- its canonical name
        entity.type,                       -- person, org, place, other
        entity.weight                      -- its prior
    FROM alias JOIN entity ON entity.no = alias.entity;
CREATE VIEW shared_names AS                -- names that several entities have
    SELECT
        form.exact,                        -- normal form of the name
        count(DISTINCT alias.entity) AS entities,     -- how many have it
        group_concat(DISTINCT entity.id) AS ids       -- which, with commas between
    FROM alias JOIN form ON form.no = alias.form JOIN entity ON entity.no = alias.entity
    GROUP BY form.no HAVING count(DISTINCT alias.entity) > 1;
CREATE VIEW waiting AS                     -- saved answers to be looked at: uncertain ones on which no decision stands
    SELECT
        resolved.no,                       -- as in resolved
        resolved.run,                      -- as in resolved
        resolved.mention,                  -- as it was written
        resolved.exact,                    -- its normal form
        resolved.type,                     -- asked for, or empty
        resolved.outcome,                  -- ambiguous; or linked or nil, but with a probability from 0.1 to 0.9
        resolved.id,                       -- of the entity; null unless linked
        resolved.probability,              -- of the most probable entity
        resolved.candidates,               -- as in resolved
        resolved.times,                    -- how often it stands in the input
        resolved.place                     -- where it stands first
    FROM resolved
    WHERE (outcome = 'ambiguous' OR probability BETWEEN 0.1 AND 0.9) AND exact != ''
        AND exact NOT IN (SELECT decision.exact FROM decision WHERE undone IS NULL);
"""

INDEXES = """
CREATE INDEX alias_entity ON alias (entity);
CREATE INDEX alias_form ON alias (form);
CREATE INDEX resolved_run ON resolved (run);
CREATE INDEX resolved_exact ON resolved (exact);
CREATE INDEX resolved_id ON resolved (id);
"""
"""Made when the tables are full, which is faster."""


@cache
def fingerprint() -> str:
    """A hash of the rules that normal forms and keys are made by; a database holds that of its build."""
    digest = hashlib.sha256(f"rules {RULES_VERSION}".encode())
    for table in ("name_parts.tsv", "name_marks.tsv", "letter_folding.tsv"):
        digest.update(data_path(table).read_bytes())
    return digest.hexdigest()[:16]
