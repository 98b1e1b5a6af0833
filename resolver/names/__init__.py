"""From a name as written to its normal form: scripts, words, romanisation, name parts."""
