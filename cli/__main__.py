"""`python -m cli`: the `automart` command without its script."""

from cli.app import main

main()
