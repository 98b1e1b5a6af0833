"""Names in running text: finding them, rewriting the distorted ones, and the files they stand in."""
