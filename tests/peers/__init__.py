"""`make peers`: test suites and tools of other people against the embedded archive. What must pass: docs/peers.md."""
