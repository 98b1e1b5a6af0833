"""Similarity of names by sound: edit distance with costs of sounds, learned costs by language, search keys."""
