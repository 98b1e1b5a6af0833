"""Names in one text: tokens, exact and distorted mentions, edits."""
