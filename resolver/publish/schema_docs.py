"""The documentation of the database file for readers without our code, made from the schema and its comments."""

from __future__ import annotations

import re
from contextlib import closing

from sqlite_utils.db import Table, View

from resolver.database.layout import blank_database, table_names
from resolver.database.schema import APPLICATION_ID, SCHEMA_VERSION

EXACT = """\
SELECT canonical, type, lang, kind FROM names WHERE name = '菅義偉';
"""

ALIKE = """\
-- Once a connection: the trigrams of all names, in a table that goes with the connection; the file stays as it is.
CREATE VIRTUAL TABLE temp.name_trigrams USING fts5 (name, content = '', tokenize = 'trigram');
INSERT INTO temp.name_trigrams (rowid, name) SELECT no, name FROM alias;
-- For each mention of three letters or more: the names that share most of its trigrams, rare ones above all.
WITH RECURSIVE
    mention (text) AS (VALUES ('yoshihidi soja')),
    trigram (place, text) AS (
        SELECT 1, substr(text, 1, 3) FROM mention
        UNION ALL
        SELECT place + 1, substr(mention.text, place + 1, 3) FROM trigram, mention
        WHERE place + 3 <= length(mention.text)
    ),
    found (alias, points) AS (
        SELECT rowid, -rank FROM temp.name_trigrams
        WHERE name_trigrams MATCH (SELECT group_concat('"' || replace(text, '"', '""') || '"', ' OR ') FROM trigram)
        ORDER BY rank LIMIT 100
    )
SELECT entity.id, entity.name AS canonical, alias.name, round(max(points), 2) AS points
FROM found JOIN alias ON alias.no = found.alias JOIN entity ON entity.no = alias.entity
GROUP BY entity.no ORDER BY max(points) DESC, entity.id LIMIT 10;
"""

UNCERTAIN = """\
SELECT mention, sum(times) AS times, outcome, probability, json_extract(candidates, '$[0].name') AS perhaps,
    max(no) AS no  -- the last answer is shown
FROM waiting GROUP BY exact ORDER BY sum(times) DESC, exact LIMIT 20;
"""

MEANT = """\
SELECT entity.id, entity.name, sum(times) AS times, group_concat(DISTINCT mention) AS mentions
FROM resolved LEFT JOIN redirect ON redirect.old = resolved.id  -- it may have become one with another since
    JOIN entity ON entity.id = coalesce(redirect.new, resolved.id)
WHERE run = (SELECT max(no) FROM run) GROUP BY entity.no ORDER BY sum(times) DESC, entity.id LIMIT 20;
"""

JOINED = """\
WITH yours (mention) AS (VALUES ('Softbank'), ('Karl Haverbrook'))  -- any table that has the mentions of the run
SELECT yours.mention, outcome, resolved.id, probability
FROM yours LEFT JOIN resolved ON resolved.mention = yours.mention AND run = (SELECT max(no) FROM run);
"""

_COLUMN = {
    "table": re.compile(r"^ {4}(\w+) .*?-- (.*)$", re.MULTILINE),
    "view": re.compile(r"^ {8}.*?(\w+),? +-- (.*)$", re.MULTILINE),
}
"""The name of a column and its comment."""


def documentation() -> str:
    """What the tables and views of a database file hold, and how to ask them in SQL alone, as Markdown."""
    lines = [
        f"# The database file, layout {SCHEMA_VERSION}",
        f"A SQLite file with the application_id 0x{APPLICATION_ID:X} and the layout as its user_version."
        " Names of tables and columns stay; a change of them raises the layout.",
    ]
    with closing(blank_database()) as blank:
        parts: list[Table | View] = [*blank.views, *(blank.table(name) for name in table_names())]
        for part in parts:
            lines += _described(part)
    lines += [
        "## Recipes",
        "Who has a name, in any SQLite shell:",
        f"```sql\n{EXACT}```",
        "Whose name is like a mention, with FTS5 (SQLite 3.34 or later) and nothing else:",
        f"```sql\n{ALIKE}```",
        "This finds names that are spelt alike, in the same script, and gives no probability. With our code at hand,"
        " resolve(mention) does more: resolver shell FILE \"SELECT resolve('Yoshihidi Soja')\".",
        "Which mentions were most often uncertain, of those that runs have saved (resolver resolve --save) and nobody"
        " has decided on:",
        f"```sql\n{UNCERTAIN}```",
        "Whom the last run found how often, and in which spellings:",
        f"```sql\n{MEANT}```",
        "What it took the mentions of another table for:",
        f"```sql\n{JOINED}```",
    ]
    return "\n\n".join(lines) + "\n"


def _described(part: Table | View) -> list[str]:
    """The heading, the purpose and the columns of a table or view."""
    kind = "view" if isinstance(part, View) else "table"
    purpose = part.schema.partition("\n")[0].partition("-- ")[2].strip()
    meanings = dict(_COLUMN[kind].findall(part.schema))
    rows = [f"| {column.name} | {column.type} | {meanings[column.name].strip()} |" for column in part.columns]
    return [f"## {part.name} ({kind})", purpose, "\n".join(["| column | type | meaning |", "|---|---|---|", *rows])]
