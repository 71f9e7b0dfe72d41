"""What compares spellings is loaded by those who suggest names, and by nobody else."""

from __future__ import annotations

import subprocess
import sys

LOADED = "import sys, uploader.nomenclature as n; {}; print('rapidfuzz' in sys.modules)"


def loaded_after(doing: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", LOADED.format(doing)], capture_output=True, text=True, check=True
    ).stdout


def test_the_library_of_likeness_is_loaded_for_a_suggestion_and_not_for_a_name():
    assert loaded_after("n.faults('Parotid_L', n.Rules())") == "False\n"
    assert loaded_after("n.Suggester(['Parotid_L']).suggest('left parotis')") == "True\n"
