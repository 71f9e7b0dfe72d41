"""`python -m uploader`: the same as the command `uploader`."""

from uploader.cli import main

main()
