"""Figures beside peers, in one run on one machine: `make bench`. It prints a table and asserts nothing."""
