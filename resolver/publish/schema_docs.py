"""The documentation of the database file for readers without our code, made from the schema and its comments."""

from __future__ import annotations

import re
from contextlib import closing
from dataclasses import dataclass

from sqlite_utils.db import Table, View

from resolver.database.layout import blank_database, table_names
from resolver.database.schema import APPLICATION_ID, SCHEMA_VERSION

_EXACT_NAME = """\
SELECT canonical, type, lang, kind FROM names WHERE name = '菅義偉';
"""

_SIMILAR_NAMES = """\
-- Once per connection: the trigrams of all names, in a temporary table; the file is not changed.
CREATE VIRTUAL TABLE temp.name_trigrams USING fts5 (name, content = '', tokenize = 'trigram');
INSERT INTO temp.name_trigrams (rowid, name) SELECT no, name FROM alias;
-- Per mention of three letters or more: the names that share most of its trigrams; rare trigrams count more.
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

_UNCERTAIN_MENTIONS = """\
SELECT mention, sum(times) AS times, outcome, probability, json_extract(candidates, '$[0].name') AS perhaps,
    max(no) AS no  -- the last answer is the one shown
FROM waiting GROUP BY exact ORDER BY sum(times) DESC, exact LIMIT 20;
"""

_ENTITIES_OF_RUN = """\
SELECT entity.id, entity.name, sum(times) AS times, group_concat(DISTINCT mention) AS mentions
FROM resolved LEFT JOIN redirect ON redirect.old = resolved.id  -- it may have been merged since
    JOIN entity ON entity.id = coalesce(redirect.new, resolved.id)
WHERE run = (SELECT max(no) FROM run) GROUP BY entity.no ORDER BY sum(times) DESC, entity.id LIMIT 20;
"""

_JOIN_ANSWERS = """\
WITH yours (mention) AS (VALUES ('Softbank'), ('Karl Haverbrook'))  -- any table with the mentions of the run
SELECT yours.mention, outcome, resolved.id, probability
FROM yours LEFT JOIN resolved ON resolved.mention = yours.mention AND run = (SELECT max(no) FROM run);
"""


@dataclass(frozen=True, slots=True)
class SqlRecipe:
    """A query for readers without our code: what it finds, the SQL, and a remark."""

    finds: str
    sql: str
    remark: str = ""


RECIPES = (
    SqlRecipe("The entity with a name, in any SQLite shell:", _EXACT_NAME),
    SqlRecipe(
        "The names most similar to a mention, with FTS5 (SQLite 3.34 or later) only:",
        _SIMILAR_NAMES,
        "This finds similar spellings in the same script, and gives no probability. With our code, resolve(mention)"
        " does more: resolver shell FILE \"SELECT resolve('Yoshihidi Soja')\".",
    ),
    SqlRecipe(
        "The most frequent uncertain mentions of saved runs (resolver resolve --save) that nobody has decided on:",
        _UNCERTAIN_MENTIONS,
    ),
    SqlRecipe("The entities that the last run found, how often, and in which spellings:", _ENTITIES_OF_RUN),
    SqlRecipe("The answers of the last run for the mentions of another table:", _JOIN_ANSWERS),
)

_COLUMN = {
    "table": re.compile(r"^ {4}(\w+) .*?-- (.*)$", re.MULTILINE),
    "view": re.compile(r"^ {8}.*?(\w+),? +-- (.*)$", re.MULTILINE),
}
"""The name of a column and its comment, in the SQL of a table and of a view."""


def documentation() -> str:
    """Documentation of the tables and views of a database file, with SQL recipes, as Markdown."""
    lines = [
        f"# The database file, layout {SCHEMA_VERSION}",
        f"A SQLite file with the application_id 0x{APPLICATION_ID:X} and the layout as its user_version."
        " Names of tables and columns are stable: if one changes, so does the layout.",
    ]
    with closing(blank_database()) as blank:
        parts: list[Table | View] = [*blank.views, *(blank.table(name) for name in table_names())]
        for part in parts:
            lines += _describe(part)
    lines.append("## Recipes")
    for recipe in RECIPES:
        lines += filter(None, (recipe.finds, f"```sql\n{recipe.sql}```", recipe.remark))
    return "\n\n".join(lines) + "\n"


def _describe(part: Table | View) -> list[str]:
    """The heading, the purpose and the columns of a table or view."""
    kind = "view" if isinstance(part, View) else "table"
    purpose = part.schema.partition("\n")[0].partition("-- ")[2].strip()
    meanings = dict(_COLUMN[kind].findall(part.schema))
    rows = [f"| {column.name} | {column.type} | {meanings[column.name].strip()} |" for column in part.columns]
    return [f"## {part.name} ({kind})", purpose, "\n".join(["| column | type | meaning |", "|---|---|---|", *rows])]
