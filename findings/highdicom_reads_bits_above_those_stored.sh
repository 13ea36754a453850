#!/bin/sh
# highdicom 0.28.2: get_frame takes the bits above Bits Stored for part of the value, where pydicom's pixel_array does not.
#
# PS3.5 8.1.1: of the bits above those stored nothing may be assumed; they may hold an overlay plane, and for negative
# values they need not repeat the sign. highdicom reads its frames through pydicom, so one would expect what pydicom's
# pixel_array gives since 3.0, where unused bits are shifted out. It asks for the frame as it is allocated instead: with
# one bit of an overlay above 12 stored bits a value is 4,096 too large, and a value of -1 whose unused bits are 0 is
# 4,095. Nothing is raised; a window then shows both as white.
#
# What we do about it: the device masks the stored bits and extends their sign itself, behind every codec.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check highdicom==0.28.2 pydicom==3.0.2 numpy==2.3.5 2> /dev/null
cat > "$work/bits.py" << 'PYTHON'
import sys

import numpy as np
from highdicom import imread
from pydicom import Dataset, FileMetaDataset, dcmread
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

for name, signed, stored in (("an overlay in bit 12", 0, 0x1000 | 7), ("-1, unused bits 0", 1, 0x0FFF)):
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPClassUID, image.SOPInstanceUID = DigitalXRayImageStorageForPresentation, generate_uid()
    image.StudyInstanceUID, image.SeriesInstanceUID, image.Modality = generate_uid(), generate_uid(), "DX"
    image.Rows = image.Columns = 4
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 12, 11, signed
    image.PixelData = np.full((4, 4), stored, "<u2").tobytes()
    image["PixelData"].VR = "OW"
    image.save_as(sys.argv[1], enforce_file_format=True)
    plain = dcmread(sys.argv[1]).pixel_array[0, 0]
    high = imread(sys.argv[1]).get_frame(1, apply_voi_transform=False, apply_presentation_lut=False)[0, 0]
    print(f"{name}: pydicom {int(plain)}, highdicom {int(high)}")
PYTHON
"$work/venv/bin/python" "$work/bits.py" "$work/image.dcm" | tee "$work/said"
grep -q '^an overlay in bit 12: pydicom 7, highdicom 4103$' "$work/said"
grep -q '^-1, unused bits 0: pydicom -1, highdicom 4095$' "$work/said"
