"""The search index: built from the names of a table, searched by the keys of a mention."""
