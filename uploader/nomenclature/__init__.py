"""Names of structures: the table of AAPM TG-263, its grammar, and which name a label in clinical use probably means.

A library of its own: it knows nothing of DICOM, of trials or of the rest of this program.

* `table`: the published table with its errors corrected
* `grammar`, `targets`: whether a name obeys the report, and what it is made of
* `folding`: when two names count as the same
* `words`, `side`, `candidates`, `suggest`: what a label means. **The side is decided from words of the label alone;
  no likeness of letters ever chooses between left and right.**

Source: AAPM Report 263 (January 2018), sections 7 and 8.
"""

from uploader.nomenclature.folding import Fold, folding, matches
from uploader.nomenclature.grammar import LENGTH, Rules, faults
from uploader.nomenclature.side import Side
from uploader.nomenclature.suggest import Suggester, Suggestion

__all__ = ["LENGTH", "Fold", "Rules", "Side", "Suggester", "Suggestion", "faults", "folding", "matches"]
