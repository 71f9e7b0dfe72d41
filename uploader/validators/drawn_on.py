"""Which images structure sets say they were drawn on, and which of these are not in the session.

Of a multi-frame image each frame is an image: references name it by Referenced Frame Number (0008,1160), or mean all.
What is not a radiotherapy object counts as an image here, of whatever modality.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from uploader.contours.parsing import images_of
from uploader.contours.structure import Image
from uploader.ports import Case, Header
from uploader.validators.links import CONTOUR_IMAGES, IMAGES, SERIES
from uploader.validators.planes import planes
from uploader.validators.reading import items, of_modality, text

IMAGE_MISSING = "references.image-missing"


@dataclass(frozen=True, slots=True)
class DrawnOn:
    """What one RTSTRUCT was drawn on, as a whole and contour by contour.

    where: its entry, and the place of its references, as the finding ``references.image-missing`` tells it
    images: image -> the series it is said to be in, empty where only a contour names it
    missing: those of them that are not in the session
    """

    where: str
    images: Mapping[Image, str]
    missing: frozenset[Image]

    @property
    def cause(self) -> str:
        """The name of the finding that says that images are missing."""
        return f"{IMAGE_MISSING} {self.where}"

    def lacks(self, images: Iterable[Image]) -> bool:
        """Whether something was drawn on images that are all missing."""
        meant = [*images]
        return bool(meant) and all(Image(i.instance, max(i.frame, 1)) in self.missing for i in meant)


def drawn_on(case: Case) -> Mapping[str, DrawnOn]:
    """Entry of each RTSTRUCT -> its images; ask by ``case.once(drawn_on)``."""
    frames = case.once(frame_counts)
    sets = of_modality(case.headers, "RTSTRUCT")
    return {entry: _drawn_on(f"{entry} ({IMAGES})", header, frames) for entry, header in sets.items()}


def frame_counts(case: Case) -> Mapping[str, int]:
    """SOP Instance UID -> how many frames the image has; ask by ``case.once(frame_counts)``."""
    images = (e for e, header in case.headers.items() if not text(header, "Modality").startswith("RT"))
    return {text(case.headers[entry], "SOPInstanceUID"): len(case.once(planes)[entry]) for entry in images}


def told(image: Image, frames: Mapping[str, int]) -> Iterator[Image]:
    """The images that a reference means: where it names no frame all there are, in an image of one frame that one.

    frames: SOP Instance UID -> how many frames it has, of the images of the session
    """
    count = frames.get(image.instance, 0)
    if count > 1 and not image.frame:
        yield from (Image(image.instance, number) for number in range(1, count + 1))
    else:
        yield image if count > 1 else Image(image.instance, 1 if count else max(image.frame, 1))


def is_there(image: Image, frames: Mapping[str, int]) -> bool:
    """Whether an image, as `told` tells it, is in the session."""
    return 1 <= image.frame <= frames.get(image.instance, 0)


def lost_of(case: Case, series: str) -> Mapping[str, int]:
    """How many images of a series structure sets were drawn on that are not in the session, by the name of the finding
    that says so."""
    every = case.once(drawn_on).values()
    counts = {each.cause: sum(each.images[image] == series for image in each.missing) for each in every}
    return {cause: count for cause, count in counts.items() if count and series}


def _drawn_on(where: str, structures: Header, frames: Mapping[str, int]) -> DrawnOn:
    images: dict[Image, str] = {}
    for referred, series in _referred(structures):
        for image in told(referred, frames):
            images.setdefault(image, series)
    return DrawnOn(where, images, frozenset(image for image in images if not is_there(image, frames)))


def _referred(structures: Header) -> Iterator[tuple[Image, str]]:
    """References to images with the series they name, those of the set as a whole first; each once."""
    found: dict[Image, str] = {}
    for series in items(structures, *SERIES):
        for item in items(series, "ContourImageSequence"):
            found |= dict.fromkeys(images_of(item), text(series, "SeriesInstanceUID"))
    for item in items(structures, *CONTOUR_IMAGES):
        for image in images_of(item):
            found.setdefault(image, "")
    return ((image, series) for image, series in found.items() if image.instance)
