"""The Python interface: opening a table, and what can be done with it."""
