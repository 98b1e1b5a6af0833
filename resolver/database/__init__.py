"""The SQLite file: schema, building, reading, updates, decisions and saved runs."""
