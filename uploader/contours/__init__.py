"""Contours of structures and the dose within them: what an RTSTRUCT draws, as areas in parallel planes.

Knows headers and nothing else of the house. Lengths are mm in patient coordinates (LPS), volumes cm3.
"""
