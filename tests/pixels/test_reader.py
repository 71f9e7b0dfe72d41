"""Text is read by a process of its own, which may be lost without an image being passed for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.patience import PATIENCE_SECONDS, until
from tests.pixels.pictures import drawn, speckle
from uploader.domain.errors import ReaderLost, UnreadableFile
from uploader.pixels import ocr
from uploader.pixels.reader import Reader, reader

PICTURE = np.zeros((40, 90), np.uint8)
READS = "from tests.pixels.pictures import *; from uploader.pixels.reader import reader; "
READS += "reader().read(drawn(speckle(96, 160), 'DOE JANE'), 96); print(reader().process, flush=True); input()"


def broken(script: str, **options: float) -> Reader:
    """A reader whose process does this."""
    return Reader((sys.executable, "-c", script), **options)


def test_a_picture_over_which_the_reader_dies_is_an_error_after_a_second_try(tmp_path: Path) -> None:
    lost = broken(f"open({str(tmp_path / 'starts')!r}, 'a').write('x')")
    with pytest.raises(ReaderLost, match="not searched"):
        lost.read(PICTURE, 40)
    assert (tmp_path / "starts").read_text() == "xx"


def test_a_reader_that_hangs_is_killed_and_the_picture_is_an_error() -> None:
    begin = time.monotonic()
    with pytest.raises(ReaderLost):
        broken("import time; time.sleep(600)", limit_seconds=0.2).read(PICTURE, 40)
    assert time.monotonic() - begin < PATIENCE_SECONDS


def test_a_reader_that_breaks_off_in_its_answer_is_lost() -> None:
    with pytest.raises(ReaderLost):
        broken("import os; os.write(1, bytes([200, 0, 0, 0]) + b'{}')").read(PICTURE, 40)


def test_a_reader_that_was_lost_is_started_again_for_the_next_picture() -> None:
    before = [text for _, text, _ in reader().read(drawn(speckle(96, 160), "DOE JANE"), 96)]
    os.kill(reader().process, signal.SIGKILL)
    after = [text for _, text, _ in reader().read(drawn(speckle(96, 160, seed=2), "DOE JANE"), 96)]
    assert before == after == ["DOE JANE"]


def test_what_the_engine_cannot_make_anything_of_is_an_error_and_it_goes_on() -> None:
    with pytest.raises(UnreadableFile, match="cannot be searched for text"):
        reader().read(PICTURE[:0], 40)
    assert reader().read(PICTURE, 40) == ()


def test_the_same_picture_is_read_once(tmp_path: Path) -> None:
    script = f"import os; open({str(tmp_path / 'asked')!r}, 'a').write('x'); os.read(0, 1 << 20)"
    once = broken(script + """; os.write(1, bytes([13, 0, 0, 0]) + b'{"lines": []}'); os.read(0, 1)""")
    assert once.read(PICTURE, 40) == once.read(PICTURE.copy(), 40) == ()
    assert (tmp_path / "asked").read_text() == "x"
    once.close()


def test_no_process_but_the_reader_loads_the_engine() -> None:
    reader().read(drawn(speckle(96, 160), "DOE JANE"), 96)
    assert not {"onnxruntime", "rapidocr"} & sys.modules.keys()


def test_the_reader_ends_with_its_parent_though_that_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", READS], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        process = int(parent.stdout.readline())
        parent.kill()
    until(lambda: not _runs(process), "the reader outlived its parent")


def test_a_reader_that_has_grown_ends_when_it_has_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "_GROWN_BYTES", 0)
    (asked, ask), (answer, answers) = os.pipe(), os.pipe()
    os.write(ask, 2 * (ocr.REQUEST.pack(1, 2, 1, 32) + b"ab"))
    with os.fdopen(asked, "rb") as questions, os.fdopen(answers, "wb") as out:
        ocr.serve(None, questions, out)
    with os.fdopen(answer, "rb") as said:
        assert said.read()[ocr.ANSWER.size :].count(b"error") == 1
    os.close(ask)


def _runs(process: int) -> bool:
    try:
        return "zombie" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
