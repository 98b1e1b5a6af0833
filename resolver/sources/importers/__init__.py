"""The formats that entities come in, one module each, and how a file's format is told."""
