"""The engine alone: a folder tree in, an anonymised one out, without archives and without a person.

    IN -> sorted into sessions -> anonymised into a staging folder -> verified -> renamed into OUT

`find` sorts, `plan` names, `work` anonymises and verifies one session, `crew` has several processes do it, `out`
guards the folder that is written, `report` says what became of everything, and `run` holds them together. What
nobody proved to be safe is held: it is not in OUT, and the report says so without a word of the patient.
"""

from uploader.engine.run import Order, anonymise_tree

__all__ = ["Order", "anonymise_tree"]
