"""The compiled core of the line: alignment, features and ranking of many names at once."""
