"""The compiled core: a mention is compared with many forms at once.

`comparison` is the door. It reads and writes one `Workspace` (one thread at a time has it, from a pool), in
which `form_batch` lays the forms out, `alignment` matches their tokens with the mention's, `form_measures` and
`feature_vectors` turn that into features and scores, and `entity_ranking` ranks the entities that own the forms.
"""
