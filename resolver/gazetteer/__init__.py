"""The canonical table: sources, the SQLite file, the search index."""
