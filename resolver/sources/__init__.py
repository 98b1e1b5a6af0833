"""Sources of entities: plain tables, dumps of other projects, and installed packages."""
