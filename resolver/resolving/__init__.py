"""The line that every mention travels: keys, candidates, score, calibrate, decide."""
