"""What the pixels of images must be, as the block `pixel` of an input asks.

Frames are decoded one at a time, and each once whatever asks for them. Where only headers are at hand, only what they
say of lossy compression can be judged.

Rules, each by the severity of its block
    pixels.undecodable  a file has no pixels, or a frame cannot be decoded
    pixels.incomplete   there are fewer bytes, or fewer compressed frames, than rows, columns and frames need, or the
                        file breaks off
    pixels.lossy        the image was compressed with loss: Lossy Image Compression (0028,2110), or its transfer syntax
    pixels.range        values, rescaled, are outside of the range; padding does not count
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from uploader.domain.errors import UnreadableFile
from uploader.domain.finding import Finding, Outcome, Ruling, Severity
from uploader.ports import Case, Header
from uploader.validators.answers import Answer, right, ruled_by, unknown, wrong
from uploader.validators.blocks import Block, blocks, idle
from uploader.validators.judging import number, range_words, within
from uploader.validators.pixel_values import Seen, seen
from uploader.validators.reading import text

PIXELS, LOSSY = "7FE0,0010", "0028,2110"
NO_FILES = "only headers are at hand"
AGAIN = "export the image again from the system that holds the original, and look at it there"

ALWAYS_LOSSY = frozenset({f"1.2.840.10008.1.2.4.{n}" for n in (50, 51, 81)})
"""JPEG baseline and extended, and JPEG-LS near-lossless."""
MAYBE_LOSSY = frozenset({f"1.2.840.10008.1.2.4.{n}" for n in (91, 93, 203, 110, 112)})
"""JPEG 2000, its multi-component form, HTJ2K, and JPEG XL, of which the header must say whether anything was lost."""
VIDEO = tuple(f"1.2.840.10008.1.2.4.{n}" for n in range(100, 109))
"""MPEG-2, MPEG-4 and HEVC always lose something; their fragmentable forms have a further part."""


def check(case: Case, params: Mapping[str, Any]) -> Iterator[Finding | Ruling]:
    """What becomes of every rule of every block `pixel`."""
    for block in blocks(case, "pixel"):
        for rule in block.said:
            if rule in RULES:
                yield from _ruled(block, f"{block.line}/{rule}", RULES[rule])


def _ruled(block: Block, line: str, judge: Judge) -> Iterator[Finding | Ruling]:
    ruling = idle(block.case, block.input, line)
    if ruling:
        yield ruling
        return
    answers = list(_together([judge(block, line, entry) for entry in block.input.entries]))
    if judge is _range and all(answer.outcome is Outcome.PASSED for answer in answers):
        answers.append(right(_all_values(block)))
    yield from ruled_by(line, answers)


def _together(answers: Sequence[Answer]) -> Iterator[Answer]:
    """The same with one finding for all that are wrong, which names the first file: a scan has thousands of them."""
    findings = [finding for answer in answers for finding in answer.findings]
    yield from (answer for answer in answers if not answer.findings)
    if findings:
        count = f" ({len(findings)} of {len(answers)} files)" if len(answers) > 1 else ""
        yield wrong(replace(findings[0], says=findings[0].says + count))


def _decodable(block: Block, line: str, entry: str) -> Answer:
    if not block.case.has_files:
        return unknown(NO_FILES)
    found = _seen(block, entry)
    if not found.fault:
        return right("every frame can be decoded")
    says = f"the pixels cannot be decoded here: {found.fault.removeprefix(f'{entry}: ')}"
    where = f"{entry} ({PIXELS})"
    frames = f"{found.frames} of {_frames(block.case.headers[entry])} frames"
    return wrong(block.finding("pixels.undecodable", line, where, says, AGAIN, frames, "every frame"))


def _complete(block: Block, line: str, entry: str) -> Answer:
    if not block.case.has_files:
        return unknown(NO_FILES)
    try:
        stored = block.case.stored(entry)
    except UnreadableFile:
        return wrong(
            _incomplete(block, line, entry, "the file cannot be read", "", "a file that can be read to its end")
        )
    header = block.case.headers[entry]
    if stored.fragments or not _is_native(stored.syntax):
        needed, found, unit = _frames(header), stored.fragments, "compressed frames"
    else:
        bits = _bits(header)
        if bits is None:
            return unknown("a file does not say how large its image is")
        needed, found, unit = -(-bits // 8), stored.pixels, "bytes"
    if found >= needed and stored.whole:
        return right("all are whole")
    says = "the file breaks off" if not stored.whole else "there are fewer pixels than the image has"
    return wrong(_incomplete(block, line, entry, says, f"{found} {unit}", f"{needed} {unit}"))


def _incomplete(block: Block, line: str, entry: str, says: str, found: str, expected: str) -> Finding:
    remedy = "send the image again; if it is the same there, it was damaged where it is kept"
    return block.finding("pixels.incomplete", line, f"{entry} ({PIXELS})", says, remedy, found, expected)


def _lossy(block: Block, line: str, entry: str) -> Answer:
    said = text(block.case.headers[entry], "LossyImageCompression")
    syntax = _syntax(block.case, entry)
    if said == "01" or syntax in ALWAYS_LOSSY or syntax.startswith(VIDEO):
        severity = Severity[str(block.said["lossy"]).upper()]
        how = "the header says so" if said == "01" else "its transfer syntax always loses something"
        return wrong(
            Finding(
                "pixels.lossy",
                severity,
                f"{entry} ({LOSSY})" if said == "01" else f"{entry} (0002,0010)",
                f"the image was compressed with loss: {how}",
                "send the image as the scanner made it, without loss",
                None,
                line,
                "lossy",
                "lossless",
            )
        )
    if said != "00" and syntax in MAYBE_LOSSY:
        return unknown(f"it is compressed in a way that may lose something, and does not say whether it did ({LOSSY})")
    return right("never compressed with loss") if said == "00" or syntax else unknown(NO_FILES)


def _range(block: Block, line: str, entry: str) -> Answer:
    if not block.case.has_files:
        return unknown(NO_FILES)
    found = _seen(block, entry)
    if found.fault:
        return unknown("the pixels cannot be decoded")
    if found.unscaled:
        return unknown(found.unscaled)
    if found.low is None or found.high is None:
        return right()
    measured = f"{number(found.low)} to {number(found.high)}"
    if within(found.low, block.said["expected_range"]) and within(found.high, block.said["expected_range"]):
        return right()
    says = "values of the image are outside of the range that the trial expects"
    remedy = "look whether rescaling is right, and whether this is the image that the trial asks for"
    expected = range_words(block.said["expected_range"])
    return wrong(block.finding("pixels.range", line, f"{entry} ({PIXELS})", says, remedy, measured, expected))


Judge = Callable[[Block, str, str], Answer]
RULES: Mapping[str, Judge] = {
    "decodable": _decodable,
    "complete": _complete,
    "lossy": _lossy,
    "expected_range": _range,
}


def _all_values(block: Block) -> str:
    """From the lowest to the highest value of all files of the input."""
    every = [_seen(block, entry) for entry in block.input.entries]
    ends = [end for each in every for end in (each.low, each.high) if end is not None]
    return f"{number(min(ends))} to {number(max(ends))}" if ends else "padding alone"


def _seen(block: Block, entry: str) -> Seen:
    return block.case.once(seen)[entry]


def _syntax(case: Case, entry: str) -> str:
    """Transfer Syntax UID; empty where only the header is at hand, or the file cannot be read."""
    try:
        return case.stored(entry).syntax
    except UnreadableFile:
        return ""


def _is_native(syntax: str) -> bool:
    """Whether its pixels are not compressed: the three encodings of the standard's beginnings."""
    return syntax in {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"}


def _frames(header: Header) -> int:
    number_ = header.get("NumberOfFrames")
    return number_ if isinstance(number_, int) and number_ > 0 else 1


def _bits(header: Header) -> int | None:
    """Bits of native pixel data; None where the header does not say. PS3.3 C.7.6.3, PS3.5 8.1.1, 8.2."""
    numbers = [header.get(keyword) for keyword in ("Rows", "Columns", "BitsAllocated")]
    rows, columns, bits = (n if isinstance(n, int) and n > 0 else 0 for n in numbers)
    samples = header.get("SamplesPerPixel")
    several = samples if isinstance(samples, int) and samples > 0 else 1
    if text(header, "PhotometricInterpretation") in {"YBR_FULL_422", "YBR_PARTIAL_422"}:
        several = 2  # two neighbours share their colour
    return rows * columns * bits * several * _frames(header) or None
