"""Runs over many files: what is asked for, done, written and remembered, so that an interrupted one goes on."""
