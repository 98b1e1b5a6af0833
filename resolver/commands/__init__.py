"""The commands of the command line, but for resolve and rewrite."""
