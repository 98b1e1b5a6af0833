"""How alike two names sound: spelling to sounds, weighted edit distance, phonetic keys."""
