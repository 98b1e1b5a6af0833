"""Small tables, each with a mention and what it stands for: tests/cases/small_tables.tsv, one test a row."""

import json

import pytest
from conftest import rows_of

import resolver
from resolver.database.build import build_file

ROWS = rows_of("cases/small_tables.tsv")


def outcome(row, folder):
    """The name that the mention is linked with, NIL or AMBIGUOUS."""
    source = folder / "table.jsonl"
    entities = [
        {"id": str(place), "name": name, "type": row["type"] or "other"}
        for place, name in enumerate(row["table"].split(" | "))
    ]
    source.write_text("".join(json.dumps(entity) + "\n" for entity in entities), encoding="utf-8")
    assert not build_file(folder / "names.db", [source]).rejects
    with resolver.open(folder / "names.db") as names:
        found = names.resolve(row["mention"], type=row["type"] or None)
    return found.entity.name if found.entity else found.outcome.upper()


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['mention']} {row['note']}" for row in ROWS])
def test_a_mention_in_a_small_table(row, tmp_path):
    assert row["expected"] in (*row["table"].split(" | "), "NIL", "AMBIGUOUS")
    assert outcome(row, tmp_path) == row["expected"], row["note"]
