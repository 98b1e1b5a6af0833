"""`python -m resolver` is the command `resolver`."""

from resolver.cli import main

main()
