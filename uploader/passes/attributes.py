"""Attributes that table E.1-1 of PS3.15 does not list, sorted by what can stand in them.

An IOD names some 3,600 attributes that the table passes over. Numbers, codes of the standard (CS) and pixels say
nothing of a person; texts may. Every text that is in none of these sets is treated as typed by somebody.
"""

from __future__ import annotations

from collections.abc import Iterable

from uploader.dictionary import tag_of


def _tags(keywords: str) -> frozenset[int]:
    return frozenset(tag for tag in map(tag_of, keywords.split()) if tag is not None)


TECHNICAL = _tags("""
    AcquisitionDeviceProcessingCode AcquisitionMode AlgorithmName AlgorithmSource AlgorithmVersion
    ApplicableSafetyStandardDescription ApplicationManufacturer ApplicationName ApplicationVersion ApplicatorID
    ASLBolusCutoffTechnique ASLCrusherDescription ASLTechniqueDescription AttenuationCorrectionMethod
    BeamCurrentModulationID CardiacFramingType CodeValue CodingSchemeDesignator CodingSchemeRegistry
    CodingSchemeVersion CollimatorGridName ConvolutionKernel CSSFontName DataSetName DataSetSource DataSetVersion
    DetectorLinesOfResponseUsed DetectorManufacturerModelName DetectorManufacturerName DetectorMode
    DigitalImageFormatAcquired DimensionIndexPrivateCreator DoseModeName ExposureControlModeDescription FilterType
    FluenceModeID FontName FunctionalGroupPrivateCreator GridAbsorbingMaterial GridSpacingMaterial ImagedNucleus
    ImageFilter ImplantPartNumber ImplantSize IntendedStartDayOfWeek IOLManufacturer LateralSpreadingDeviceID
    LateralSpreadingDeviceSetting ListOfMIMETypes LongCodeValue Manufacturer ManufacturerModelName
    ManufacturerModelVersion ManufacturerRelatedModelGroup MappingResourceName MIMETypeOfEncapsulatedDocument
    ModalityLUTType MultiCoilConfiguration MultiCoilElementName OpticalPathIdentifier OutputPower PhosphorType
    PlateType ProcessingFunction PulseSequenceName PVCRejection RangeModulatorID RangeShifterID RangeShifterSetting
    ReceiveCoilManufacturerName ReceiveCoilName ReconstructionMethod ReferencedOpticalPathIdentifier RescaleType
    RespiratorySignalSourceID ScanSpotTuneID ScatterCorrectionMethod SecondaryCaptureDeviceManufacturer
    SecondaryCaptureDeviceManufacturerModelName SecondaryCaptureDeviceSoftwareVersions SegmentAlgorithmName
    SelectorAttributeKeyword SelectorAttributeName SelectorAttributePrivateCreator
    SelectorSequencePointerPrivateCreator SequenceName SnoutID SoftwareVersions SourceIsotopeName StackID
    TransducerData TransmitCoilManufacturerName TransmitCoilName TriggerSourceOrType TypeOfFilters URNCodeValue
    VideoImageFormatAcquired WedgeID BatteryLevel EXIFVersion OECFColumnNames SpatialFrequencyResponseColumnNames
    SpectralSensitivity PrivateDataElementKeyword PrivateDataElementName PrivateDataElementEncoding
""")
"""Set by a machine, or a term of a standard: kept. Cleaning a code could turn it into another one."""

CLEANED = _tags("""
    CodeMeaning ContrastBolusRoute EnergyWindowName GraphicLayer InterventionDrugName PatientSpeciesDescription
    PositionReferenceIndicator Radiopharmaceutical RadiopharmaceuticalRoute TargetPositionReferenceIndicator
""")
"""Needed to understand numbers or geometry, but a site can type anything: cleaned under every policy."""

DEVICE = _tags("""
    DetectorDescription DeviceID GridID PatientSupportAccessoryCode PatientSupportID RadiationMachineName TimeSource
    TrayAccessoryCode AccessoryCode BrachyAccessoryDeviceID AfterloaderChannelID SourceApplicatorID SourceModelID
    ChannelShieldID
""")
"""Name one device or its part: kept with Retain Device Identity."""

CHARACTERISTICS = _tags("""
    ExaminedBodyThickness MeasuredAPDimension MeasuredLateralDimension PatientBodyMassIndex PatientSizeCodeSequence
""")
"""Measures of the patient that came after the table: kept with Retain Patient Characteristics."""

PRIVATE_DESCRIPTIONS = _tags("PrivateDataElementCharacteristicsSequence PrivateDataElementDefinitionSequence")
"""Say what private elements hold, and which of them are safe: kept when private elements are."""

NEVER = _tags("""
    AssigningAgencyOrDepartmentCodeSequence AssigningFacilitySequence AssigningJurisdictionCodeSequence
    AlternateContainerIdentifierSequence CodingSchemeResponsibleOrganization
    AuthorizationEquipmentCertificationNumber AuthorIdentificationSequence BreedRegistrationNumber
    BreedRegistrationSequence EncryptedAttributesSequence EncryptedContent GroupOfPatientsIdentificationSequence
    HangingProtocolUserIdentificationCodeSequence HangingProtocolCreator HangingProtocolUserGroupName
    HL7InstanceIdentifier ImageID IssuerOfAccessionNumberSequence IssuerOfPatientIDQualifiersSequence
    LocalNamespaceEntityID MACParametersSequence NTPSourceAddress OrderFillerIdentifierSequence
    OrderPlacerIdentifierSequence PatientAlternativeCalendar PatientBirthDateInAlternativeCalendar
    PatientDeathDateInAlternativeCalendar PixelDataProviderURL ReferencedPatientSetupPhotoSequence Signature
    SourcePatientGroupIdentificationSequence StorageMediaFileSetID StrainStockNumber TypeOfPatientID
    UniversalEntityID
""")
"""Identify somebody or something, or hold what was to be removed: never kept, whatever the options."""

NAMES = _tags("""
    PatientName PatientID OtherPatientIDs OtherPatientNames OtherPatientIDsSequence PatientBirthName
    PatientMotherBirthName PatientBirthDate PatientBirthTime PatientAddress PatientTelephoneNumbers
    PatientTelecomInformation MedicalRecordLocator IssuerOfPatientID InsurancePlanIdentification
    PatientInsurancePlanCodeSequence ResponsiblePerson ReferencedPatientPhotoSequence AccessionNumber AdmissionID
    MilitaryRank PersonName
""") | frozenset({0x00100011, 0x00100012})
"""Direct identifiers: no policy can keep them."""


GRAPHICS = _tags("GraphicData CompoundGraphicSequence")
"""Lines that somebody drew over an image, and may have written with: kept with Clean Graphics. In reports and
fiducials GraphicData is where something was measured."""

TYPED_CODES = _tags("ContentLabel")
"""Code strings (CS) that a person types: treated as text."""

CLASSES = _tags("""
    ReferencedSOPClassUID RelatedGeneralSOPClassUID OriginalSpecializedSOPClassUID PertinentSOPClassesInStudy
    PertinentSOPClassesInSeries CodingSchemeUID ContextUID MappingResourceUID
""")
"""UIDs that name a kind of object or a terminology, not an instance. What is in no registry the UID pass replaces."""

ENGINE = _tags("""
    SpecificCharacterSet SOPClassUID SOPInstanceUID InstitutionName PatientName PatientID PatientBirthDate
    PatientSex AccessionNumber StudyID StudyDate StudyTime ReferringPhysicianName StudyInstanceUID SeriesInstanceUID
    ClinicalTrialSponsorName ClinicalTrialProtocolID ClinicalTrialProtocolName ClinicalTrialSiteID
    ClinicalTrialSiteName ClinicalTrialSubjectID ClinicalTrialSubjectReadingID ClinicalTrialTimePointID
    ClinicalTrialTimePointDescription ClinicalTrialSeriesID ClinicalTrialCoordinatingCenterName
    PatientIdentityRemoved DeidentificationMethod DeidentificationMethodCodeSequence CodeValue
    CodingSchemeDesignator CodingSchemeVersion CodeMeaning LongitudinalTemporalInformationModified
    BurnedInAnnotation RecognizableVisualFeatures
""")
"""Attributes that the passes write themselves, whatever the policy says of those that came."""


def tags_of(*keywords: str) -> frozenset[int]:
    """Tags of the attributes with these keywords (PS3.6 table 6-1)."""
    return _tags(" ".join(keywords))


def spoken(tags: Iterable[int]) -> str:
    """Tags as a person reads them: ``(gggg,eeee), (gggg,eeee)``."""
    return ", ".join(f"({tag >> 16:04X},{tag & 0xFFFF:04X})" for tag in sorted(tags))
