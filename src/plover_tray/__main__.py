"""`python -m plover_tray`: the command line."""

from .cli import main

main()
