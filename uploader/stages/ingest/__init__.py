"""Sort what arrives into sessions, and keep each durably before its source may go.

`facts` reads one file, `group` decides, `scans` names, `spool` and `quarantine` keep, `journal` remembers what a
crash must not double, and `intake` is the edge that holds them together.
"""
