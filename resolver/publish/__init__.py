"""Ways to query a table: SQL functions, plugins of sqlite-utils and Datasette, a shell, pages, a reconciliation API."""
