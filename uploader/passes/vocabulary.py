"""Words that names share with the field, and small words around names. All folded: lower case, without diacritics."""

from __future__ import annotations

_CLINICAL = """
    abdomen abdominal abdomenpelvis acetabulum adc adnexa adrenal air airway ankle anal angio angiography anterior
    anus aorta aortic apex appendix arch arm arms arterial artery atrium auricle axial axilla axillary axis
    bag base bile biliary bladder blade blood body bodyouter bolus bone bones boost bowel brachial brachialplexus brain
    brainstem breast breasts breath bronchus bronchial bulb
    canal cardiac carina carotid cartilage cauda caudate caudal cavity cava cerebellum cerebral cervical cervix cest
    chamber chest chestwall chiasm child clavicle coccyx cochlea coil colon combined cone contour contrast cord cornea
    corona coronal coronary corpus cortex couch cranial cranium cricoid cross crux cube cyst
    deep detail diaphragm diffusion disc disk distal diverticulum dixon dome dorsal dose drain duct ductus duodenum
    dura dynamic
    ear echo edge elbow endo ependyma epi epiglottis esophagus ethmoid expiration external extremity eye eyes
    face facial falx fascia fast fat feet femoral femur fetal fetus fibula field fiducial film filter finger fingers
    flair flank flash flow flt foot foramen fornix fossa frame free frontal fundus fusion
    gallbladder gate gated glabella gland glans glottis gluteal gonad graft gradient gross gtv gyrus
    hand hard head headneck heart helical hepatic hilum hip hippocampus humerus hyoid hypothalamus
    iliac ilium image implant ileum incus inferior inguinal inner innominate insert inspiration insula iris ischium
    isocenter iso jaw jejunum joint jugular junction keel kidney kidneys knee knees
    labyrinth lacrimal lad larynx lateral left leg legs lens lentiform lesion level limb line lingula lip lips liver
    lobe localizer long loop lower lumbar lumen lung lungs lymph
    magnitude mandible marker marrow mask mass mastoid matter maxilla mean meatus medial median mediastinum medulla
    meninges mesentery middle midbrain mitral motor mouth mucosa muscle myelum myocardium
    nasal navel neck needle neo nerve node nodes nodal normal nose nuclei nucleus
    oblique occipital omentum optic oral orbit organ original os ovary ovaries outer
    palate palm pancreas parathyroid parenchyma parietal parotid parotids patella pedicle pelvic pelvis penis
    penilebulb perfusion pericardium perineum peripheral petrous phantom phase pharynx phrenic pituitary plan plane
    plaque pleura plexus pole pons popliteal port portal post posterior pre primary projection proctitis prone prostate
    proximal pubis pubic pulmonary pulse pulvinar pylorus quality
    radial radius ramus rectum rectal reference reflux relax renal rest retina rib ribs right ring root rotator
    sacral sacrum sag sagittal salivary scalp scan scaphoid scapula scar sciatic scout sella seminal seminalvesicle
    septum sharp shin shoulder shunt sigmoid sinus skin skull slice small smooth soft space sphenoid sphincter spiral
    spin spinal spinalcord spine spleen splenic standard stem stent sternum stomach stress stroke study subclavian
    submandibular supine surface suture swallow
    tail target tarsal teeth temporal tendon testes testis test text thalamus thecal thigh thoracic thorax throat thumb
    thymus thyroid tibia tissue toe tone tongue tonsil topogram torso trachea tract transverse trigone trunk tube
    tumor tumour turbinate
    ulna ultra upper ureter urethra uterus uvea uvula vagina vaginal vagus valve vas vein vena venous ventral ventricle
    ventricles vermis vertebra vertebrae vesicle vessel vessels view viscera vitreous vocal volume vulva wall water
    wedge whole wholebody window wire womb wrist zone
    cspine tspine lspine lsspine tlspine ctspine sspine
    ptv ctv itv gtv igtv prv oar roi bev dvh external artifact avoid avoidance ring eval opt dose mar
    mprage mpr mip minip ciss fiesta space tse fse tof swi dwi dti asl bold fmri haste vibe trufi fisp flash grase gre
    stir spair propeller blade radial star cine qflow moco dce mra mrv mrcp mrs csi pd tirm medic dess fspgr spgr bravo
    lava thrive tfe tfl ffe bffe ssfp hyper sense grappa caipi tra cor ax axi obl loc head inv recon
    fdg psma suv pet cbct kvct mvct scout topo contrast native nativ delayed early late max min avg average
    mono bolus carotids runoff lung mediast hrct ctpa ctac cta ctp ldct kub iac
    mri mrt fmri petct petmr spect spectct xray mammo mammography ultrasound sonography tomography
    fluoroscopy scintigraphy
    series image images exam examination protocol sequence report summary dynamics planning contours structure
    structures isodose screening baseline followup enhanced unenhanced arterialphase venousphase
    no in on of to at up off
    siemens philips toshiba canon hitachi varian elekta accuray brainlab fuji fujifilm agfa carestream kodak hologic
    samsung shimadzu konica minolta esaote mindray sonosite acuson aloka bruker mirada raystation eclipse monaco
    pinnacle truebeam halcyon ethos somatom magnetom biograph avanto aera skyra prisma vida sola espree verio trio
    ingenia achieva intera brilliance ingenuity gemini signa optima discovery revolution lightspeed aquilion vantage
"""
_SHORT = """
    ct mr pt rt lt nm us sc sr cr dx xa rf mg ot te tr ti fa se ir ep ge pa ap ll ml cc ax bh fb fs fc id ac pe ng na fe
    iv im po gy hu kv ma mm cm ms hz mu sd bw ro jr ii iii lr rl si is al hr vr dr no in on of to at up off
    l r a p s i h f t b
"""
CLINICAL = frozenset((_CLINICAL + _SHORT).split())
"""Anatomy, targets, sequences, modalities, makers: where the patient is called so too, the word stays and is shown.
Only words whose loss would harm: a colour or a first name that is rare in the field is not here."""

_TITLES = """
    dr prof professor mrs miss herr frau sir dipl med sra
"""
TITLES = frozenset(_TITLES.split())
CASED_TITLES = frozenset({"Mr", "Ms"})
"""Titles only where so written: MR and MS mean something else."""

_PARTICLES = """
    von van der den de del della di da du dos das des la le les los zu zum zur vom ten ter te bin ibn abu al el
    y e mc mac st san of the and und
"""
PARTICLES = frozenset(_PARTICLES.split())
"""Small words in names, which name nobody when they stand alone."""

_PLACEHOLDERS = """
    anonymous anonymized anonymised anonymize anonymise anon unknown none removed deidentified identified hidden
    redacted empty null undefined default unspecified patient name not available nil noname test phantom
"""
PLACEHOLDERS = frozenset(_PLACEHOLDERS.split())
"""Words that stand where a name would."""

_GENERIC_PLACE = """
    hospital hospitals hospice hospitalier university universitair universitaetsklinikum universitatsklinikum
    klinik klinikum kliniken krankenhaus clinic clinics clinica clinique center centre centro medical medicine
    medizin medizinisches radiology radiologie radiotherapy radiation oncology imaging diagnostic diagnostics
    department departement abteilung institute institut general national regional health healthcare service
    services cancer children childrens research foundation hopital ospedale college school system systems
    memorial public private sankt saint praxis zentrum universitat universitaet nuclear therapy scanner patient
    phantom trust nhs unit ward station room suite building floor street strasse road avenue lane drive square
    place platz city town county state north south east west northern southern eastern western central new old
    workstation console server archive pacs main site group interventional cardiology neurology neuroradiology
    pediatric paediatric surgery emergency outpatient inpatient physics radiologia oncologia neuroradiologia
    strahlentherapie nuklearmedizin here linac unknown none
"""
GENERIC_PLACE = frozenset(_GENERIC_PLACE.split())
"""Words of institutions, departments and addresses that name no place."""

_AFFIXES = """
    ptv gtv ctv itv oar roi prv igtv bev ct mr rt pt cbct pet mri dvh plan dose scan id pat
"""
AFFIXES = frozenset(_AFFIXES.split())
"""Short forms that people write right before or behind a name: ``PTVsmith``."""
