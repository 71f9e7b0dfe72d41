"""Structured report, encapsulated PDF, presentation state and ECG of the bench corpus."""

from __future__ import annotations

import zlib

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import (
    ComprehensiveSRStorage,
    EncapsulatedPDFStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    TwelveLeadECGWaveformStorage,
)

from bench.headers import base, code, item
from bench.images import ct_reference, ct_series_reference
from bench.people import Person


def report(who: Person, slices: int) -> Dataset:
    dataset = base(who, "SR", "SR", ComprehensiveSRStorage, who.followup)
    dataset.CompletionFlag, dataset.VerificationFlag = "COMPLETE", "VERIFIED"
    dataset.VerifyingObserverSequence = [
        item(
            VerifyingObserverName=f"{who.reader}^Grete", VerifyingOrganization=who.institution,
            VerificationDateTime=f"{who.followup}120000",
            VerifyingObserverIdentificationCodeSequence=[code(who.request_id, "99STAFF", who.reader)],
        )
    ]  # fmt: skip
    dataset.AuthorObserverSequence = [
        item(ObserverType="PSN", PersonName=f"{who.author}^Otto", InstitutionName=who.institution)
    ]
    dataset.ReferencedRequestSequence = [
        item(
            StudyInstanceUID=who.uid_study, AccessionNumber=who.accession, RequestedProcedureID=who.request_id,
            RequestedProcedureDescription=f"CT {who.family}", PlacerOrderNumberImagingServiceRequest=who.order_placer,
            FillerOrderNumberImagingServiceRequest=who.order_filler,
        )
    ]  # fmt: skip
    dataset.CurrentRequestedProcedureEvidenceSequence = [
        item(StudyInstanceUID=who.uid_study, ReferencedSeriesSequence=[ct_series_reference(who, slices)])
    ]
    dataset.ValueType, dataset.ContinuityOfContent = "CONTAINER", "SEPARATE"
    dataset.ConceptNameCodeSequence = [code("18748-4", "LN", "Diagnostic imaging report")]
    dataset.ContentSequence = _content(who)
    return dataset


def _node(value_type: str, meaning: str, **attributes: object) -> Dataset:
    node = item(RelationshipType="CONTAINS", ValueType=value_type, **attributes)
    node.ConceptNameCodeSequence = [code("121071", "DCM", meaning)]
    return node


def _content(who: Person) -> list[Dataset]:
    finding = f"Patient {who.given} {who.family} ({who.patient_id}), born {who.birth_dotted}, seen {who.study_words}."
    measured = item(NumericValue="12.5", MeasurementUnitsCodeSequence=[code("mm", "UCUM", "millimeter")])
    deep = _node("CONTAINER", "Findings", ContinuityOfContent="SEPARATE")
    deep.ContentSequence = [
        _node("TEXT", "Finding", TextValue=f"Nodule; told {who.relative}, {who.phone}; signed {who.author}"),
        _node("NUM", "Diameter", MeasuredValueSequence=[measured]),
    ]
    return [
        _node("PNAME", "Person Observer Name", PersonName=f"{who.reader}^Grete"),
        _node("PNAME", "Subject Name", PersonName=who.name),
        _node("UIDREF", "Procedure Study Instance UID", UID=who.uid_study),
        _node("DATE", "Date of Birth", Date=who.birth),
        _node("DATETIME", "Observation DateTime", DateTime=f"{who.study}{who.study_time}"),
        _node("TEXT", "Finding", TextValue=finding),
        _node("CODE", "Site", ConceptCodeSequence=[code("I1", "99LOCAL", who.institution)]),
        _node("IMAGE", "Key image", ReferencedSOPSequence=[ct_reference(who, 0)]),
        deep,
    ]


def pdf_document(who: Person) -> Dataset:
    dataset = base(who, "PDF", "DOC", EncapsulatedPDFStorage, who.followup)
    dataset.BurnedInAnnotation, dataset.ConversionType = "YES", "WSD"
    dataset.DocumentTitle = f"Letter about {who.given} {who.family}"
    dataset.AcquisitionDateTime = f"{who.study}{who.study_time}"
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.ConceptNameCodeSequence = [code("18748-4", "LN", "Diagnostic imaging report")]
    body = _pdf(who)
    dataset.EncapsulatedDocument = body + b"\0" * (len(body) % 2)
    return dataset


def _pdf(who: Person) -> bytes:
    """One page; the text in a Flate stream, as all writers make it, the title in the clear."""
    lines = [f"{who.institution}, {who.department}", f"Patient {who.family}, {who.given}, {who.birth_dotted}"]
    lines += [f"ID {who.patient_id}", f"{who.street}, {who.town}", f"Dr. {who.author}, {who.study_words}"]
    shown = "\n".join(f"BT /F1 12 Tf 50 {800 - 20 * n} Td ({text}) Tj ET" for n, text in enumerate(lines))
    stream = zlib.compress(shown.encode("latin-1"))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(stream), stream),
        f"<< /Title (Letter {who.accession}) /Author ({who.author}) >>".encode("latin-1"),
    ]
    out, at = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        at.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % where for where in at)
    tail = b"trailer << /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(at) + 1, len(out))
    return out + b"xref\n0 %d\n0000000000 65535 f \n%s%s" % (len(at) + 1, table, tail)


def presentation(who: Person, slices: int) -> Dataset:
    dataset = base(who, "PR", "PR", GrayscaleSoftcopyPresentationStateStorage, who.followup)
    dataset.PresentationCreationDate, dataset.PresentationCreationTime = who.followup, "101500"
    dataset.ContentLabel, dataset.ContentDescription = "KEY", f"shown to {who.consulting}"
    dataset.ContentCreatorName = f"{who.author}^Otto"
    dataset.ReferencedSeriesSequence = [
        item(
            SeriesInstanceUID=ct_series_reference(who, 1).SeriesInstanceUID,
            ReferencedImageSequence=[ct_reference(who, index) for index in range(slices)],
        )
    ]
    text = item(
        BoundingBoxAnnotationUnits="PIXEL", BoundingBoxTopLeftHandCorner=[10.0, 10.0],
        BoundingBoxBottomRightHandCorner=[200.0, 40.0], BoundingBoxTextHorizontalJustification="LEFT",
        UnformattedTextValue=f"{who.family} {who.birth_dotted} nodule? {who.reader}",
    )  # fmt: skip
    line = item(
        GraphicAnnotationUnits="PIXEL", GraphicDimensions=2, NumberOfGraphicPoints=2,
        GraphicData=[1.0, 1.0, 50.0, 50.0], GraphicType="POLYLINE", GraphicFilled="N",
    )  # fmt: skip
    layer = item(GraphicLayer="ONE", GraphicLayerOrder=1, GraphicLayerDescription=f"of {who.author}")
    dataset.GraphicLayerSequence = [layer]
    dataset.GraphicAnnotationSequence = [
        item(GraphicLayer="ONE", TextObjectSequence=[text], GraphicObjectSequence=[line])
    ]
    dataset.DisplayedAreaSelectionSequence = [
        item(
            DisplayedAreaTopLeftHandCorner=[1, 1], DisplayedAreaBottomRightHandCorner=[512, 512],
            PresentationSizeMode="SCALE TO FIT", PresentationPixelSpacing=["1", "1"],
        )
    ]  # fmt: skip
    dataset.PresentationLUTShape = "IDENTITY"
    return dataset


def ecg(who: Person) -> Dataset:
    dataset = base(who, "ECG", "ECG", TwelveLeadECGWaveformStorage, who.followup)
    dataset.AcquisitionDateTime = f"{who.followup}{who.study_time}"
    channels = [
        item(
            ChannelLabel=f"{lead} {who.given}", ChannelSourceSequence=[code(f"2:{n}", "MDC", f"Lead {lead}")],
            ChannelSensitivity="1", ChannelSensitivityUnitsSequence=[code("uV", "UCUM", "microvolt")],
            ChannelSensitivityCorrectionFactor="1", ChannelBaseline="0", ChannelSampleSkew="0", WaveformBitsStored=16,
        )
        for n, lead in enumerate(("I", "II"), 1)
    ]  # fmt: skip
    samples = (1000 * np.sin(np.arange(2000) / 20)).astype("<i2")
    dataset.WaveformSequence = [
        item(
            MultiplexGroupTimeOffset="0", WaveformOriginality="ORIGINAL", NumberOfWaveformChannels=2,
            NumberOfWaveformSamples=1000, SamplingFrequency="500", MultiplexGroupLabel=f"rest {who.study_id}",
            ChannelDefinitionSequence=channels, WaveformBitsAllocated=16, WaveformSampleInterpretation="SS",
            WaveformData=samples.tobytes(),
        )
    ]  # fmt: skip
    dataset.WaveformSequence[0]["WaveformData"].VR = "OW"
    note = item(
        UnformattedTextValue=f"{who.family} calm, {who.study_words}, Dr {who.consulting}", AnnotationGroupNumber=0
    )
    note.ReferencedWaveformChannels = [1, 0]
    dataset.WaveformAnnotationSequence = [note]
    return dataset
