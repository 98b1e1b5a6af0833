"""Corpora: file formats, outputs, and runs over many files."""
