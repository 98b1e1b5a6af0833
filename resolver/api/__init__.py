"""The Python interface: opening a table, and the operations on it."""
