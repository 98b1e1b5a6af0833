"""The commands of the command line, one module per group: each parses arguments, calls the library and reports."""
