"""The outputs of a run beside the new texts: pure functions of the records of `formats.file_format`."""
