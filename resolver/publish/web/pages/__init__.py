"""The pages for people, one module each. They share a frame (`page_frame`), a style sheet and request limits."""
