"""Normalisation of names: scripts, words, romanisation, name parts and the normal form."""
