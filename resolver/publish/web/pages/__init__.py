"""The pages for people: one module each. They share a frame (`frame`), a style sheet and what a request may be."""
