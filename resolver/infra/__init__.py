"""Infrastructure: files, arrays, processes, compression, tabular input, packaged data."""
