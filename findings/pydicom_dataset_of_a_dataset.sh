#!/bin/sh
# pydicom 3.0.2: neither Dataset(other) nor copy.copy(other) has elements of its own: what is deleted in it is gone in
# the original too.
#
# dict(other) and copy.copy of a dict are new containers of the same values, and so one would expect of a shallow copy of
# a dataset: an element set or deleted in it would leave the original alone. Both share the original's table of
# elements instead. A new element then stands in both, a deleted one in neither. Dataset(other) has no file_meta, too.
# copy.deepcopy(other) gives a dataset of its own.
#
# What we do about it: where another dataset is needed the file is read again.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check pydicom==3.0.2 2> /dev/null
cat > "$work/made.py" << 'PYTHON'
from copy import copy, deepcopy

from pydicom import Dataset, FileMetaDataset

for name, make in (("Dataset(other)", Dataset), ("copy(other)", copy), ("deepcopy(other)", deepcopy)):
    other = Dataset()
    other.PatientID, other.StudyInstanceUID = "A", "1.2.3"
    other.file_meta = FileMetaDataset()
    made = make(other)
    del made.StudyInstanceUID
    made.Modality = "DX"
    print(f"{name}: the original has {', '.join(each.keyword for each in other)}; file_meta in what is made: {hasattr(made, 'file_meta')}")
PYTHON
"$work/venv/bin/python" "$work/made.py" | tee "$work/said"
grep -q '^Dataset(other): the original has Modality, PatientID; file_meta in what is made: False$' "$work/said"
grep -q '^copy(other): the original has Modality, PatientID; file_meta in what is made: True$' "$work/said"
grep -q '^deepcopy(other): the original has PatientID, StudyInstanceUID; file_meta in what is made: True$' "$work/said"
