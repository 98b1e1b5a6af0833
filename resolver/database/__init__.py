"""The SQLite file: schema, building, reading, updates, decisions, saved runs."""
