"""The importers, one module per format, and the detection of a file's format."""
