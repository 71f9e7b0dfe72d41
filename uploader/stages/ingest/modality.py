"""The words that Modality (0008,0060) may hold. Anything else a file says there is free text, and may be a patient."""

from __future__ import annotations

OTHER = "OT"
"""Other: what a scan is called whose files say nothing that is defined."""

DEFINED = frozenset(
    """
    ANN AR ASMT AU BDUS BI BMD CFM CR CT CTPROTOCOL DG DMS DOC DX ECG EEG EMG EOG EPS ES FID GM HC HD IO IOL IVOCT
    IVUS KER KO LEN LS M3D MG MR NM OAM OCT OP OPM OPT OPTBSV OPTENF OPV OSS OT PA PLAN POS PR PT PX REG RESP RF RG
    RTDOSE RTIMAGE RTINTENT RTPLAN RTRAD RTRECORD RTSEGANN RTSTRUCT RWV SEG SM SMR SR SRF STAIN TEXTUREMAP TG US VA
    XA XAPROTOCOL XC
    """.split()  # noqa: SIM905, a list to read
)
"""Defined terms. PS3.3 C.7.3.1.1.1."""

RETIRED = frozenset("AS CD CF CP CS DD DF DM DS EC FA FS LP MA MS OPR ST VF".split())  # noqa: SIM905
"""Terms of earlier editions, which old archives still send. PS3.3 C.7.3.1.1.1."""


def modality(written: str) -> str:
    """The defined term that is meant by what a file says, in any case; else OT."""
    term = written.strip().upper()
    return term if term in DEFINED or term in RETIRED else OTHER
