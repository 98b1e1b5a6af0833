"""Adapters to other libraries: Arrow batches, Spark, spaCy, pandas and polars."""
