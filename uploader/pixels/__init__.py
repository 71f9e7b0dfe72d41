"""What can be seen in an image: text drawn into it, and how it is taken out; faces that a head scan shows.

`Looker` reads text, `risk.reasons` says which objects need it, `match.Identifiers` tells whose it is,
`rules.Blanking` knows what devices draw where, `blank.blank` takes it out, `faces.face` flags head scans.
"""
