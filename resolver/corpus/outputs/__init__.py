"""The outputs of a run other than the new texts: pure functions of the records of `formats.file_format`."""
