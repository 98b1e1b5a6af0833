"""Sources of entities: plain tables, dumps of other projects, installed packages."""
