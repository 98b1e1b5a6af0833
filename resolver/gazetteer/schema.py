"""The layout of the SQLite file. Table and column names are public: others query them."""

from __future__ import annotations

import hashlib
from functools import cache

from resolver.locate import data_path
from resolver.names.normal import RULES_VERSION

APPLICATION_ID = 0x4E414D45
"""Marks a SQLite file as ours ("NAME")."""

SCHEMA_VERSION = 5
"""The layout below; stored as `user_version`."""

EARLIER = frozenset({4})
"""Layouts that can be taken forward to this one."""

CANONICAL = "canonical"
"""The kind under which the canonical name stands in the alias table."""

WEAK = "weak"
"""The kind of an alias that as often means something else."""

SCHEMA = """
CREATE TABLE entity (
    no INTEGER PRIMARY KEY AUTOINCREMENT,  -- row; never given to another entity
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,                    -- canonical name
    type TEXT NOT NULL,                    -- person, org, place, other
    weight REAL NOT NULL                   -- prior: how much more often than others it is meant
) STRICT;
CREATE TABLE alias (                       -- every name of an entity, its canonical name first
    no INTEGER PRIMARY KEY AUTOINCREMENT,  -- row; the aliases of an entity follow each other
    entity INTEGER NOT NULL REFERENCES entity (no),
    name TEXT NOT NULL,
    lang TEXT NOT NULL,                    -- BCP 47, or empty
    kind TEXT NOT NULL,                    -- canonical, short, acronym, native, former, variant, weak, or empty
    form INTEGER REFERENCES form (no)      -- null: no letter or digit in it
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
CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE search_index (                -- the candidate index, in chunks
    part TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (part, chunk)
) STRICT;
CREATE TABLE change (                      -- entities put in and taken out since the search index was made
    no INTEGER PRIMARY KEY,
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
    why TEXT NOT NULL,
    undone TEXT                            -- when it was taken back, else null
) STRICT;
CREATE VIEW names AS                       -- one row a name, for readers
    SELECT alias.name, alias.lang, alias.kind, entity.id, entity.name AS canonical, entity.type, entity.weight
    FROM alias JOIN entity ON entity.no = alias.entity;
CREATE VIEW shared_names AS                -- names that several entities have
    SELECT form.exact, count(DISTINCT alias.entity) AS entities, group_concat(DISTINCT entity.id) AS ids
    FROM alias JOIN form ON form.no = alias.form JOIN entity ON entity.no = alias.entity
    GROUP BY form.no HAVING count(DISTINCT alias.entity) > 1;
"""

INDEXES = """
CREATE INDEX alias_entity ON alias (entity);
CREATE INDEX alias_form ON alias (form);
"""
"""Made when the tables are full, which is faster."""


@cache
def fingerprint() -> str:
    """A hash of the rules that normal forms and keys are made by; a database holds that of its build."""
    digest = hashlib.sha256(f"rules {RULES_VERSION}".encode())
    for table in ("name_parts.tsv", "name_marks.tsv", "letter_folding.tsv"):
        digest.update(data_path(table).read_bytes())
    return digest.hexdigest()[:16]
