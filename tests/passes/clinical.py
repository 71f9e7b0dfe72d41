"""What series, protocols and structures are called: invented after the manner of many scanners and of AAPM TG-263."""

from __future__ import annotations

_LINES = """
t1_mprage_sag_p2_iso_1mm
T1_mprage_1mm
t2_tse_tra_512x512
t2_space_dark-fluid_sag_p2_ns-t2prep
ep2d_diff_mddw_64_p2_b1000
ep2d_bold_moco_TR=2000
DTI_64dir_b0_b1000_b2000
AX T2 FLAIR
Ax DWI B-1000
SAG T1 SE +C
COR STIR FS
3D TOF MRA HEAD
3D MRCP RESP TRIG
VIBE dixon w/ CAIPI 2x2
t1_vl_tra_fs_post_KM
LAVA Flex 15 mL
MRA CAROTIDS GAD
Localizer
3-plane localizer
Scout
Topogram 0.6 T20f
CT Head 5.0 H31s
CT Thorax 1.25 B70f lung
CT 2.0 Br40 S3 MAR iMAR
CTAC 3.0 HD_FoV
Abdomen 5.0 I30f 3 iMAR
AbdomenPelvis PV 70s 120kV
CT Planning 3mm 120 kV 250 mAs
4D CT 10 phases 0-90%
Average CT (AIP)
MIP 10mm/3mm
MinIP COR 20/5
MPR SAG 2x1 bone
Perfusion CBF
CBV map
TTP / MTT
ADC (10^-6 mm^2/s)
eADC
TRACEW
FA_color
PET WB 3D (AC)
PET AC 4x4 FDG
PET NAC
FDG SUVbw g/ml
PSMA-11 60 min p.i.
F-18 FDG 370 MBq
WB static emission 3 min/bed
NM bone scan ant/post
Tc-99m MDP 3h
US abdomen
Echo A4C
M-mode LV
XA LAO 30 CRAN 25
DSA 3 fps
CR chest PA
DX Hand li. a.p.
MG R-CC
MG L-MLO tomo
Dose Report
Patient Protocol
Series 5
Exam 1 of 2
BODY
External
Skin
Skin_5mm
PTV
PTV_High
PTV_5000
PTV_60Gy/30fx
PTVn1_45.0
PTV!
PTV_Low-03
CTV_Prostate
CTVp_4500
GTVp
GTVn_L
ITV_MIP
IGTV 4D
zPTV_opt
z_Ring 2cm
Ring_5000cGy
Bolus_5mm
CouchSurface
CouchInterior
SpinalCord
SpinalCord_PRV05
SpinalCanal
Brainstem
BrainStem_Surf
Brain-PTV
Lung_L
Lung_R
Lungs
Lungs-GTV
Lung_LLL
Heart
A_Aorta
A_LAD
A_Carotid_L
V_Venacava_S
GreatVes
Esophagus
Trachea
Larynx
Glottis
Pharynx
Musc_Constrict
Parotid_L
Parotid_R
Glnd_Submand_L
Glnd_Thyroid
Cavity_Oral
Lips
Mandible
Lens_L
Eye_R
OpticNrv_L
OpticChiasm
Pituitary
Cochlea_R
Hippocampus_L
Bladder
Bladder_Wall
Rectum
PenileBulb
Bag_Bowel
Bowel_Small
SeminalVes
Femur_Head_L
Femur_Neck_R
Pelvis
BoneMarrow
Kidney_L
Kidneys
Kidney_Cortex_R
Liver
Liver-CTV
Spleen
Stomach
Pancreas
Duodenum
BrachialPlex_L
Breast_R
Chestwall_L
Rib07_L
VB_L5
VB_T12
Humerus_L
Sacrum
Nipple_L
Scar_Wire
Marker 3
Iso_1
Isocenter
NS_Ring10
Dose 95[%]
100% = 50.00 Gy
V20Gy < 30%
Plan 1
VMAT 2 arcs 6X
IMRT 7F 15MV
SBRT 3x18Gy
5x5Gy neoadj.
Boost 10 Gy
QA Phantom
Catphan 604
Mean lung density
Head First Supine
FFS
Arms up, breath hold
DIBH
Free breathing
TE=90ms TR=4500ms TI=2200ms
TE/TR 30/2000
b50_400_800
b=0,50,1000
FOV 500 mm
512 x 512 x 1.5
0.625 mm
0.488281 x 0.488281
1024\\1024
64 x 0.6
NEX 2
SNR 1.0
FA 12 deg
127.728764 MHz
ISO 9001
TG-263
RTOG 0617
NRG-GU005
STEMI
ICD-10 C34.1
T2N1M0 stage IIIA
post op day 3
6 weeks post RT
age 65y
3/4 of volume
10:1
left > right
mild atrophy, no haemorrhage
No contrast
With and without IV contrast
Contrast: 80 ml Iomeprol 350
Slice thickness 3 mm, gap 0.3
DERIVED\\PRIMARY\\AXIAL
Segmentation (auto)
RTSTRUCT v2 approved
ABD_1.2_VENOUS
MRI Brain w/o
Knee re. PD fs cor
LWS sag
HWS seitl.
Schädel nativ
Becken a.p.
Thorax p.a. stehend
Crâne sans injection
Rachis lombaire
Cerveau 3DT1
頭部 T1
胸部CT 造影
МРТ головного мозга
"""
CLINICAL_TEXTS = tuple(line for line in _LINES.split("\n") if line)
