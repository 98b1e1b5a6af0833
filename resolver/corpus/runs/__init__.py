"""Runs over many files: the request, the plan, the outputs, and the journal by which an interrupted run is resumed."""
