"""Where people already work: Arrow batches, Spark, spaCy, pandas and polars."""
