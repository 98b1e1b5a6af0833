"""What is written of a rewriting beside the new texts; pure functions of the records of `formats.base`."""
