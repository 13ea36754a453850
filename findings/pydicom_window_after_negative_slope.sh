#!/bin/sh
# pydicom 3.0.2: behind a Rescale Slope below 0, apply_windowing gives an inverted picture: the greatest value is darkest.
#
# A window maps small values to dark and great ones to bright (PS3.3 C.11.2.1.2). Some detectors store a negative and turn
# it round with a slope of -1, or -10 (CR and DX are known for it), and the window then applies to what the rescale gives.
# pydicom maps a window to a range of output values, which it takes from the stored values' ends through slope and
# intercept. With a slope below 0 these ends have changed places, so the window ramps the other way. Nothing is raised;
# apply_modality_lut alone is right, so a histogram of its values shows no fault. With the slope 1, and the same values
# after the rescale, the picture is as the standard says.
#
# What we do about it: the device applies windows itself, value by value, and its pictures are compared with what is worked
# out from the standard for every kind of rescale and window.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 numpy==2.3.5 2> /dev/null
cat > "$work/window.py" << 'PYTHON'
import numpy as np
from pydicom import Dataset
from pydicom.pixels import apply_modality_lut, apply_windowing

for slope, intercept, stored in ((1, 0, [100, 500, 900]), (-1, 1000, [900, 500, 100])):
    image = Dataset()
    image.PhotometricInterpretation, image.BitsStored, image.PixelRepresentation = "MONOCHROME2", 12, 0
    image.RescaleSlope, image.RescaleIntercept = slope, intercept
    image.WindowCenter, image.WindowWidth = 500, 1000
    values = apply_modality_lut(np.array(stored), image)
    shown = apply_windowing(values, image)
    way = "brighter" if shown[0] < shown[1] < shown[2] else "darker" if shown[0] > shown[1] > shown[2] else "neither"
    print(f"slope {slope}: rescaled {values.astype(int).tolist()}, greater values are {way}")
PYTHON
"$work/venv/bin/python" "$work/window.py" | tee "$work/said"
grep -q '^slope 1: rescaled \[100, 500, 900\], greater values are brighter$' "$work/said"
grep -q '^slope -1: rescaled \[100, 500, 900\], greater values are darker$' "$work/said"
