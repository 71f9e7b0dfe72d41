"""The service of the trials' centre: it shares what sites have sent into the projects of the trials.

settings   central.toml
word       which of the documents beside a session are believed
rules      what is to be done with a session: pure, all facts given
visit      one session: the facts gathered, the decision carried out
rounds     all sessions of all sites, again and again
journal    what was done and what waits, for people and for the audit

The XNAT is the only memory: whatever stops this, the next round goes on from what it finds there. Nothing is ever
deleted, renamed or overwritten; only shares are made, and ended when the site that sent a session says so, signed.
"""
