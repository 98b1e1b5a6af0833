"""From a surface form to a normal form: scripts, words, romanisation, name parts."""
