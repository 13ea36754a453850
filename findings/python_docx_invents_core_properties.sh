#!/bin/sh
# python-docx 1.2.0: a file whose properties it does not find gets invented ones, and a save writes docProps/core.xml twice.
#
# The relationship that leads from a package to its core properties has two spellings. Word writes
# ".../package/2006/relationships/metadata/core-properties"; LibreOffice (7.4.7, "Word 2010-365 Document", which is also
# what `soffice --convert-to docx` makes) writes ".../officedocument/2006/..." of ECMA-376 Part 1, 15.2.12.1. Word reads
# both. One would expect `core_properties` to read both, or to say that it found none. It knows the first spelling, and
# otherwise answers with defaults of its own: the title is 'Word Document', the keywords are empty. A save then holds two
# members of that one name, the invented one last, and that is the one that zipfile reads.
#
# What we do about it: the properties of a returned file are looked up by the content type of their part.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check python-docx==1.2.0 lxml==6.1.3 2> /dev/null
cat > "$work/properties.py" << 'PYTHON'
import sys
import warnings
import zipfile

import docx
from docx.opc.parts.coreprops import CorePropertiesPart

word, libre, saved = (f"{sys.argv[1]}/{name}.docx" for name in ("word", "libre", "saved"))
file = docx.Document()
file.core_properties.title, file.core_properties.keywords = "Report 7", "kept by whoever reads this"
file.save(word)
with zipfile.ZipFile(word) as old, zipfile.ZipFile(libre, "w") as new:
    for name in old.namelist():
        spelt = old.read(name)
        if name == "_rels/.rels":
            core = b"/2006/relationships/metadata/core-properties"
            assert spelt.count(b"package" + core) == 1
            spelt = spelt.replace(b"package" + core, b"officedocument" + core)
        new.writestr(name, spelt)

for name, path in (("as Word spells it", word), ("as LibreOffice spells it", libre)):
    file = docx.Document(path)
    by_kind = [part for part in file.part.package.iter_parts() if isinstance(part, CorePropertiesPart)]
    found = file.core_properties
    print(f"{name}: title {found.title!r}, keywords {found.keywords!r}; by content type {by_kind[0].core_properties.title!r}")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    file.save(saved)
with zipfile.ZipFile(saved) as archive:
    last = b"Report 7" in archive.read("docProps/core.xml")
    print(f"saved: docProps/core.xml {archive.namelist().count('docProps/core.xml')} times, the true one read: {last}")
PYTHON
"$work/venv/bin/python" "$work/properties.py" "$work" | tee "$work/said"
grep -q "^as Word spells it: title 'Report 7', keywords 'kept by whoever reads this'; by content type 'Report 7'$" "$work/said"
grep -q "^as LibreOffice spells it: title 'Word Document', keywords ''; by content type 'Report 7'$" "$work/said"
grep -q '^saved: docProps/core.xml 2 times, the true one read: False$' "$work/said"
