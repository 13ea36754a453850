#!/bin/sh
# pydicom 3.0.2: in a VOI LUT of 8 bits with more than 256 entries, apply_voi looks values up modulo 256.
#
# The third value of a LUT Descriptor says how many bits an entry has, not how many entries there are: a table of 8 bits
# may have up to 65,536 (PS3.3 C.11.2.1.1), and for stored values of 12 bits it needs 4,096. pydicom keeps the place in the
# table in an array of the entries' own type, so from the 257th on it starts again at the first: a smooth ramp becomes a
# saw. Nothing is raised. A table of 16 bits with the same number of entries is right.
#
# What we do about it: the device applies lookup tables itself, and its pictures are compared with what is worked out from
# the standard for tables of 8, 10, 12 and 16 bits.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 numpy==2.3.5 2> /dev/null
cat > "$work/table.py" << 'PYTHON'
import numpy as np
from pydicom import Dataset
from pydicom.pixels import apply_voi

stored = np.array([0, 255, 256, 511, 1023], dtype=np.uint16)
for bits in (16, 8):
    most = 2**bits - 1
    table = Dataset()
    table.LUTDescriptor = [1024, 0, bits]
    table.LUTData = [most * place // 1023 for place in range(1024)]  # a straight ramp
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    image = Dataset()
    image.BitsStored, image.PixelRepresentation, image.VOILUTSequence = 10, 0, [table]
    shown = apply_voi(stored, image) / most
    print(f"{bits} bits:", *(f"{value} shows {share:.2f};" for value, share in zip(stored, shown)))
PYTHON
"$work/venv/bin/python" "$work/table.py" | tee "$work/said"
grep -q '^16 bits: 0 shows 0.00; 255 shows 0.25; 256 shows 0.25; 511 shows 0.50; 1023 shows 1.00;$' "$work/said"
grep -q '^8 bits: 0 shows 0.00; 255 shows 0.25; 256 shows 0.00; 511 shows 0.25; 1023 shows 0.25;$' "$work/said"
