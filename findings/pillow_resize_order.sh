#!/bin/sh
# Pillow 13.0.0 resizes a tall picture columns first; up to 12.0.0 it resized every picture rows first. The last bits differ.
#
# A resize is two passes, one along the rows and one along the columns. One would expect that which of them comes first
# is fixed, as it was for years, so that a picture can be narrowed a few rows at a time, with little memory, and then be
# shortened: the same picture to the last bit. Since 13.0.0 that holds for some shapes only. With floating-point pixels
# the intermediate picture is rounded, so about one value in six of a tall picture is another one than with 12.0.0, by
# one unit in the last place: a network that was studied with one version gets another input with the next.
#
# What we do about it: the device resizes a picture whole, its lock file names one version, and a test holds the scores of
# published pictures to the last bit.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/order.py" << 'PYTHON'
import numpy as np
from PIL import Image

HOW = Image.Resampling.BILINEAR
for rows, columns in ((1500, 224), (600, 512), (2500, 3000), (224, 1500)):
    picture = np.random.default_rng(1).random((rows, columns)).astype(np.float32)
    whole = np.asarray(Image.fromarray(picture).resize((128, 128), HOW))
    narrowed = Image.fromarray(np.asarray(Image.fromarray(picture).resize((128, rows), HOW)))
    shortened = Image.fromarray(np.asarray(Image.fromarray(picture).resize((columns, 128), HOW)))
    rows_first = np.array_equal(whole, np.asarray(narrowed.resize((128, 128), HOW)))
    columns_first = np.array_equal(whole, np.asarray(shortened.resize((128, 128), HOW)))
    found = {(True, False): "rows first", (False, True): "columns first"}.get((rows_first, columns_first), "neither")
    print(f"{rows} x {columns} to 128 x 128: {found}")
PYTHON
for version in 12.0.0 13.0.0; do
    python3 -m venv "$work/$version"
    "$work/$version/bin/pip" install --quiet --disable-pip-version-check "pillow==$version" numpy==2.3.5 2> /dev/null
    echo "Pillow $version"
    "$work/$version/bin/python" "$work/order.py" | tee "$work/said-$version"
done
test "$(grep -c 'rows first' "$work/said-12.0.0")" = 4
grep -q '^1500 x 224 .*: columns first' "$work/said-13.0.0"
grep -q '^2500 x 3000 .*: rows first' "$work/said-13.0.0"
