"""The engine that reads text, in a process of its own: `python -m uploader.pixels.ocr PARENT`, started by `reader`.

Its models and what it works in take several times the memory of all the rest, so no other process loads them. Pictures
come in by stdin, lines of text go out by stdout. It ends when stdin does, when nothing was asked for long, when it has
grown, and when its parent is gone. The models lie inside the engine's package; nothing is fetched.
"""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import struct
import sys
import threading
import time
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

REQUEST, ANSWER = struct.Struct("<4I"), struct.Struct("<I")
"""Rows, columns, samples of a pixel, and the shorter side to which it is enlarged; and how long an answer is."""
SURE = 0.5
"""What the engine gives as its confidence, 0 to 1; less is noise taken for letters."""
_MOST_BYTES = 2 << 30
"""Memory that it can have at all; with more asked for, the picture is an error."""
_GROWN_BYTES = 700 << 20
"""Memory that it may still hold when it has answered. A picture of 1024 x 1024 takes 450 MiB while it is read."""
_IDLE_SECONDS = 60
_WATCH_SECONDS = 0.5


def serve(engine: Any, asked: BinaryIO, answers: BinaryIO) -> None:
    """Answer every picture with its lines, or with the name of an error."""
    while select.select([asked], [], [], _IDLE_SECONDS)[0]:
        head = asked.read(REQUEST.size)
        if len(head) < REQUEST.size:
            return
        rows, columns, samples, side = REQUEST.unpack(head)
        data = asked.read(rows * columns * samples)
        picture = np.frombuffer(data, np.uint8).reshape(rows, columns, samples)
        answer = json.dumps(_answer(engine, picture, side)).encode()
        answers.write(ANSWER.pack(len(answer)) + answer)
        answers.flush()
        if _resident() > _GROWN_BYTES:
            return


def _answer(engine: Any, picture: NDArray[np.uint8], side: int) -> dict[str, Any]:
    try:
        return {"lines": list(_lines(engine, picture, side))}
    except Exception as error:  # what it says may quote the picture
        return {"error": type(error).__name__}


def _lines(engine: Any, picture: NDArray[np.uint8], side: int) -> Any:
    """[x, y, width, height, text, confidence] of each line."""
    engine.text_det.limit_side_len = side
    seen = engine(np.ascontiguousarray(picture[..., ::-1] if picture.shape[2] == 3 else picture[..., 0]))  # blue first
    if seen.boxes is None or seen.txts is None:
        return
    for corners, text, score in zip(seen.boxes, seen.txts, seen.scores, strict=True):
        (x, y), (right, bottom) = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0))
        yield [int(x), int(y), int(right - x), int(bottom - y), str(text), float(score)]


def engine() -> Any:
    """One thread: there is a process for each core. Lines are read one by one, for the output for six at a time is
    the largest thing that the engine makes, and takes as long."""
    from rapidocr import RapidOCR

    options: dict[str, Any] = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    options |= {"Global.text_score": SURE, "Global.log_level": "critical", "Global.use_vertical_padding": False}
    made: Any = RapidOCR(params=options | {"Rec.rec_batch_num": 1})
    made._load_det_model()  # else only the first picture does, and how far to enlarge it can be said only afterwards
    return made


def _resident() -> int:
    """Bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _tether(parent: int) -> None:
    """End when the parent is gone, also in the middle of a picture."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is the parent's to end
    _tether(int(sys.argv[1]))
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_BYTES, _MOST_BYTES))
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    with os.fdopen(answers, "wb") as out:
        serve(engine(), sys.stdin.buffer, out)


if __name__ == "__main__":
    main()
