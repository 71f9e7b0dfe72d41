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

_EQUIPMENT = """
    siemens healthineers healthcare syngo somatom magnetom biograph sensation definition emotion mosaic avanto aera
    skyra prisma vida sola philips ingenia achieva intera brilliance iqon gemini ge medical systems lightspeed
    optima revolution discovery signa toshiba canon aquilion vantage varian eclipse truebeam clinac aria elekta monaco
    versa xio accuray raysearch raystation hitachi fujifilm shimadzu agfa carestream konica minolta hologic samsung
    medison esaote sonosite acuson aloka toshiba bruker mirada brainlab velocity osirix horos slicer dcmtk
    original derived primary secondary localizer reformatted projection image average norm dis mpr mip axial coronal
    sagittal oblique helical spiral volume other soft sharp smooth standard medium detail lung brain bone edge
    body head spine feet first prone supine decubitus male female monochrome rgb palette scanner scanners model
    pancreas headneck prostate abdomen abdomenpelvis chestabdomen chestabdpelvis wholebody extremity cspine tspine
    lspine ctspine tlspine lsspine sspine iac sella parotid maxilla mandible orbit sinus clavicle sternum scapula
    humerus forearm finger thumb toe calcaneus tibia fibula patella ovary testis bronchus biliary gallbladder duodenum
    esophagus larynx trachea thymus mediastinum lumbar thoracic
    system software version release build patch service pack research sequence spin echo gradient
"""
EQUIPMENT = frozenset(_EQUIPMENT.split())
"""Makers, models, and words that attributes of the equipment are filled with."""

_AFFIXES = """
    ptv gtv ctv itv oar roi prv igtv bev ct mr rt pt cbct pet mri dvh plan dose scan id pat
"""
AFFIXES = frozenset(_AFFIXES.split())
"""Short forms that people write right before or behind a name: ``PTVsmith``."""

NOT_ALONE = frozenset({"ct", "mr", "pt", "rt", "nm", "us", "jr", "sr", "ii", "id"})
"""Two letters that mean something else wherever images are made."""
