"""Peers that have no command for a folder, each as one: `python -m bench.drivers deid|dcmodify IN OUT`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ERASED = """\
0008,0014 0008,0050 0008,0054 0008,0080 0008,0081 0008,0082 0008,0090 0008,0092 0008,0094 0008,0096 0008,009c
0008,1010 0008,1030 0008,103e 0008,1040 0008,1048 0008,1050 0008,1060 0008,1070 0008,1072 0008,1080 0008,1084 0008,1110
0008,1111 0008,1120 0008,1140 0008,2112 0008,2111 0008,4000 0010,0020 0010,0021 0010,0032 0010,0050 0010,1000 0010,1001
0010,1002 0010,1005 0010,1010 0010,1020 0010,1030 0010,1040 0010,1060 0010,1080 0010,1090 0010,2000 0010,2110 0010,2154
0010,2155 0010,2160 0010,2180 0010,21b0 0010,21d0 0010,21f0 0010,2297 0010,4000 0018,1000 0018,1002 0018,1004 0018,1005
0018,1007 0018,1008 0018,100a 0018,1030 0018,1200 0018,1201 0018,1400 0018,4000 0020,0010 0020,4000 0032,1032 0032,1033
0032,1060 0032,1064 0032,1070 0032,4000 0038,0010 0038,0020 0038,0060 0038,0300 0038,0400 0038,0500 0040,0006 0040,0241
0040,0242 0040,0243 0040,0244 0040,0250 0040,0253 0040,0254 0040,0275 0040,0280 0040,1001 0040,1400 0040,2004 0040,2016
0040,2017 0040,2400 0040,a073 0040,a075 0040,a078 0040,a123 0040,a730 0088,0140 0088,0200 0400,0561 3006,0006 3006,0008
3006,0009 3006,0028 3006,0038 3006,00a6 3006,0088 300a,0003 300a,0004 300a,0006 300a,0007 300e,0004 300e,0005 300e,0008
fffc,fffc"""
"""Basic Profile as one would write it for dcmodify: erased wherever they stand."""


def dcmodify(source: Path, target: Path) -> None:
    """Works in place, and so on a copy; the copy counts. Errors of single tags are its way of saying `absent`."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    edits = [word for tag in ERASED.split() for word in ("-ea", f"({tag})")]
    edits += ["-ma", "PatientName=ANON", "-ma", "PatientBirthDate=", "-ma", "StudyDate=19000101"]
    edits += ["-ep", "-gst", "-gse", "-gin"]
    files = [str(path) for path in sorted(target.rglob("*.dcm"))]
    subprocess.run(["dcmodify", "-nb", "-ie", "-imt", *edits, *files], capture_output=True, check=False)


def deid(source: Path, target: Path) -> None:
    """With its default recipe."""
    from deid.config import DeidRecipe  # type: ignore[import-untyped]
    from deid.dicom import replace_identifiers  # type: ignore[import-untyped]

    files = [str(path) for path in sorted(source.rglob("*.dcm"))]
    replace_identifiers(files, deid=DeidRecipe(), save=True, output_folder=str(target), remove_private=True)


def main() -> None:
    {"deid": deid, "dcmodify": dcmodify}[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))


if __name__ == "__main__":
    main()
