"""The phantom's CT as one enhanced multi-frame image, and references to its frames.

Source: PS3.3 A.38.1 (Enhanced CT Image), C.7.6.16 (functional groups), C.7.6.17 (dimensions), C.8.8.5 (references).
"""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.uid import EnhancedCTImageStorage

from uploader.phantom import anatomy, header
from uploader.phantom.anatomy import SPACING_MM
from uploader.phantom.header import item
from uploader.phantom.objects import Maker

_STACK, _POSITION = 0x00209056, 0x00209057
"""Stack ID and In-Stack Position Number, which stand in Frame Content Sequence (0020,9111)."""


class EnhancedMaker(Maker):
    """Makes a session whose slices are the frames of one image."""

    def enhanced_ct(self, count: int, pixels: bytes, size: int) -> Dataset:
        """The CT; `pixels` are (count, size, size) unsigned 16 bit."""
        dataset = self.base(EnhancedCTImageStorage, "CT", "ct", self.person.studied)
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
        dataset.AcquisitionDateTime = f"{self.person.studied}101530.000000+0100"
        dataset.ContentDate, dataset.ContentTime = self.person.studied, "101530"
        dataset.SeriesDescription = "Thorax planning"
        dataset.PatientPosition = "HFS"
        dataset.InstanceNumber, dataset.AcquisitionNumber = 1, 1
        dataset.FrameOfReferenceUID = self.uid("frame")
        dataset.PositionReferenceIndicator = ""
        dataset.PixelPresentation, dataset.VolumetricProperties = "MONOCHROME", "VOLUME"
        dataset.VolumeBasedCalculationTechnique = "NONE"
        dataset.BurnedInAnnotation, dataset.LossyImageCompression = "NO", "00"
        dataset.ContentQualification, dataset.PresentationLUTShape = "RESEARCH", "IDENTITY"
        header.image(dataset, size)
        dataset.NumberOfFrames = count
        self._dimensions(dataset)
        dataset.SharedFunctionalGroupsSequence = [_shared(size)]
        dataset.PerFrameFunctionalGroupsSequence = [_of_frame(size, index, count) for index in range(count)]
        dataset.PixelData = pixels
        return dataset

    def image(self, index: int) -> Dataset:
        """A reference to the frame of a slice."""
        reference = self.reference(EnhancedCTImageStorage, "ct")
        reference.ReferencedFrameNumber = index + 1
        return reference

    def images(self, slices: int) -> list[Dataset]:
        """One reference, which means all frames."""
        return [self.reference(EnhancedCTImageStorage, "ct")]

    def _dimensions(self, dataset: Dataset) -> None:
        organisation = self.uid("dimensions")
        dataset.DimensionOrganizationSequence = [item(DimensionOrganizationUID=organisation)]
        dataset.DimensionIndexSequence = [
            item(DimensionOrganizationUID=organisation, DimensionIndexPointer=tag, FunctionalGroupPointer=0x00209111)
            for tag in (_STACK, _POSITION)
        ]


def _shared(size: int) -> Dataset:
    return item(
        PixelMeasuresSequence=[item(PixelSpacing=[anatomy.pixel_mm(size)] * 2, SliceThickness=f"{SPACING_MM:g}")],
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        CTImageFrameTypeSequence=[item(FrameType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"])],
        CTXRayDetailsSequence=[item(KVP="120")],
        PixelValueTransformationSequence=[item(RescaleIntercept="-1024", RescaleSlope="1", RescaleType="HU")],
        FrameVOILUTSequence=[item(WindowCenter="40", WindowWidth="400")],
    )


def _of_frame(size: int, index: int, count: int) -> Dataset:
    content = item(StackID="1", InStackPositionNumber=index + 1, DimensionIndexValues=[1, index + 1])
    position = item(ImagePositionPatient=anatomy.corner(size, index, count))
    return item(FrameContentSequence=[content], PlanePositionSequence=[position])
