"""The Reconciliation API of the W3C Entity Reconciliation Community Group, versions 0.1, 0.2 and 1.0-draft.

JSON in and JSON out, independent of HTTP. Specifications: https://reconciliation-api.github.io/specs/
"""
