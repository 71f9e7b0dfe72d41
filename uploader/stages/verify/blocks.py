"""Elements of the top level, each with all that is in it, and a memory of those that were met before.

Most of a file's header is the same in every file of a scan. A block that is met again, to the byte and under the
same conditions, is neither taken apart nor judged again. Bytes are compared, never digests of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import groupby

from uploader.stages.verify.charset import declared
from uploader.stages.verify.compare import Compared
from uploader.stages.verify.walk import CHARACTER_SET, LARGE, PIXELS, Element, Form, Part

_REMEMBERED = 16 << 20
"""Bytes of blocks; beyond, the memory is emptied."""
_ROWS = 100
"""Rows of texts; beyond, the memory of them is emptied."""
_TEXTS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
"""VRs of texts in which a name may go on from one to the next."""
_COST = 600
"""Bytes a block takes besides its own, about."""


Fault = tuple[str, str, str]
"""(code, path, value or empty)"""

Judge = Callable[[tuple[Element, ...]], tuple[Fault, ...]]


@dataclass(slots=True, eq=False)
class Block:
    """One element of the top level with all that is in it.

    raw: its bytes; None for pixels, and for one too long to keep, which is read from its file each time
    size: how many bytes it takes
    head: the element itself
    held: head, and what is in it; empty without `raw`
    gleaned: is what it tells about the patient taken in?
    judged: (code, path, value) of what is wrong with it alone; None as long as nobody looked
    beside, compared: the original's block it was last compared with, and what that showed
    listed: SOP class in whose objects all that is in it may be
    settled: there is nothing to look at and nothing to say, as long as it stands beside the same block
    run: it, and the blocks that came behind it when it was last met
    """

    tag: int
    raw: bytes | None
    size: int
    head: Element
    held: tuple[Element, ...] = ()
    gleaned: bool = False
    judged: tuple[Fault, ...] | None = None
    beside: Block | None = None
    compared: Compared | None = None
    settled: bool = False
    listed: str | None = None
    run: _Run | None = None

    def elements(self, part: Part) -> Iterable[Element]:
        """`head`, and what is in it, in order; `part` is the file it stands in. Raises UnreadableFile."""
        return self.held if self.raw is not None else part.inside(self.head.start, self.head.charset, single=True)

    @property
    def is_pixels(self) -> bool:
        return self.tag in PIXELS

    @property
    def is_long(self) -> bool:
        """Is it too long to hold, and not the image?"""
        return self.raw is None and self.tag not in PIXELS


@dataclass(frozen=True, slots=True)
class _Run:
    """Blocks that stood one behind the other, and their bytes."""

    raw: bytes
    blocks: list[Block]


@dataclass(slots=True)
class _Shelf:
    """Blocks of one form and character set. last: the one met last, by the bytes of its tag; known: all, by their
    bytes."""

    last: dict[bytes, Block] = field(default_factory=dict)
    known: dict[bytes, Block] = field(default_factory=dict)


@dataclass(slots=True)
class Memory:
    """Blocks met before, of one session's originals or of its anonymised files.

    _varying: tags of which more than one block was met; _unsettled: runs are to be noted anew
    """

    _shelves: dict[tuple[Form, tuple[str, ...]], _Shelf] = field(default_factory=dict)
    _rows: dict[tuple[Block, ...], tuple[Fault, ...]] = field(default_factory=dict)
    _varying: set[int] = field(default_factory=set)
    _unsettled: bool = True
    _size: int = 0

    def blocks(self, part: Part) -> list[Block]:
        """The blocks of a file, in order. Raises UnreadableFile."""
        blocks: list[Block] = []
        charset: tuple[str, ...] = ()
        at, last, size = part.top, -1, part.size
        shelf = self._shelf(part.form, charset)
        while at < size:
            if at < part.base:
                part.load(at)
            window, offset = part.window, at - part.base
            block = shelf.last.get(window[offset : offset + 4])
            if block and block.run and block.tag > last and window.startswith(block.run.raw, offset):
                blocks += block.run.blocks
                at += len(block.run.raw)
                last = blocks[-1].tag
                continue
            if block is None or not window.startswith(block.raw, offset):  # type: ignore[arg-type]
                block = self._fresh(part, at, charset, shelf)
            if block.tag <= last:
                part.disorder.append(block.head.path)
            last = block.tag
            blocks.append(block)
            at += block.size
            if last == CHARACTER_SET and block.head.value is not None:
                charset = declared(block.head.value)
                shelf = self._shelf(part.form, charset)
        if self._unsettled and not part.disorder:
            self._note_runs(blocks)
        return blocks

    def of_row(
        self, blocks: list[Block], judge: Callable[[tuple[Element, ...]], tuple[Fault, ...]]
    ) -> tuple[Fault, ...]:
        """What `judge` says of the texts of a file in a row; of a row that was met before, what it said then."""
        row = tuple(b for b in blocks if b.head.vr in _TEXTS and b.raw is not None)
        if row not in self._rows:
            if len(self._rows) > _ROWS:
                self._rows.clear()
            self._rows[row] = judge(tuple(b.head for b in row))
        return self._rows[row]

    def _note_runs(self, blocks: list[Block]) -> None:
        """Note the runs of blocks between those that are not the same in every file."""
        for fixed, some in groupby(blocks, self._is_fixed):
            run = list(some)
            if fixed:
                run[0].run = _Run(b"".join(b.raw or b"" for b in run), run) if len(run) > 1 else None
        self._unsettled = False

    def _is_fixed(self, block: Block) -> bool:
        return block.raw is not None and block.tag not in self._varying and block.tag != CHARACTER_SET

    def _fresh(self, part: Part, at: int, charset: tuple[str, ...], shelf: _Shelf) -> Block:
        """The block at `at`, taken apart; or the one that is known by its bytes."""
        head, end = part.first(at, charset)
        held: tuple[Element, ...] = (head,)
        if head.vr == "SQ" and (end is None or end - at <= LARGE):  # a longer one is read when it is looked into
            inside = part.inside(at, charset, single=True)
            held = tuple(element for element in inside if element.end - at <= LARGE)
            end = part.after
        size = (end or part.after) - at
        if size > LARGE or head.tag in PIXELS:
            return Block(head.tag, None, size, head)
        raw = part.read(at, at + size)
        block = shelf.known.get(raw)
        if block is None:
            block = Block(head.tag, raw, size, head, held)
            self._remember(raw, block, shelf)
        if head.tag not in self._varying:
            self._unsettled = True
            if raw[:4] in shelf.last:
                self._varying.add(head.tag)
        shelf.last[raw[:4]] = block
        return block

    def _remember(self, raw: bytes, block: Block, shelf: _Shelf) -> None:
        self._size += len(raw) + _COST
        if self._size > _REMEMBERED:
            self._size = len(raw) + _COST
            for each in self._shelves.values():
                each.last.clear()
                each.known.clear()
        shelf.known[raw] = block

    def _shelf(self, form: Form, charset: tuple[str, ...]) -> _Shelf:
        return self._shelves.setdefault((form, charset), _Shelf())
