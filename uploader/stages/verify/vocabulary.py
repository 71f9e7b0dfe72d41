"""Words that names share with everything else, folded."""

from __future__ import annotations

_PARTICLES = """
    dr prof med mag ing dipl msc bsc phd mrs miss mister von van der den del della dos das des les los las vom zum zur
    ten ter bin ibn abu the and of
"""
PARTICLES = frozenset(_PARTICLES.split())
"""Titles and small words in names, which name nobody."""

_HOSPITAL_WORDS = """
    hospital hospitals hospice university universitair universitaetsklinikum universitatsklinikum klinik klinikum
    kliniken krankenhaus clinic clinics clinica clinique center centre centro medical medicine medizin radiology
    radiologie radiotherapy radiation oncology imaging diagnostic diagnostics department institute institut general
    national regional health healthcare service services cancer children childrens research foundation hopital
    ospedale college school system systems memorial public private sankt praxis zentrum medizinisches universitat
    universitaet nuclear therapy scanner patient phantom
"""
HOSPITAL_WORDS = frozenset(_HOSPITAL_WORDS.split())
"""Words of institutions' names that name no institution."""

_FIELD = """
    abdomen adult ankle aorta axial bladder bone bowel brain breast cardiac cervix chest child colon contrast coronal
    cord demo dose elbow eye face femur field flt foot gray gtv ctv ptv hand head heart hip image kidney knee left leg
    liver long lung mammo name neck nerve oral organ pelvis perfusion phantom plan prostate quality rectum rest rib
    right sagittal scan seg series shoulder skin skull small spine spleen stent stomach stress study supine surface
    target test text thorax thyroid tumor tumour uterus volume water whole wrist
"""
FIELD = frozenset(_FIELD.split())
"""Words of anatomy and imaging that are also surnames, or names of test objects."""
