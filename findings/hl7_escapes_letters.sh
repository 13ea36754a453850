#!/bin/sh
# hl7 0.4.5: `escape` turns every letter that is not ASCII into hexadecimal digits, which `unescape` does not turn back.
#
# HL7 2.5.1, chapter 2.7, has the escape \Xdd..\ for bytes of data, two digits each, and MSH-18 for characters that are
# not ASCII: in a message of UNICODE UTF-8 a name stands as it is written. One would expect `escape` to touch what
# separates fields, and what it escapes to be whole and to come back. It writes the code point of each letter beyond
# ASCII, of one byte, two or more, into such an escape, with a blank for a leading zero: "ö" becomes \Xf6\, a line feed
# \X a\. `unescape` reads two digits as one character, so that a name in Han characters comes back as other letters.
#
# What we do about it: the device escapes the five separators, and control characters as their bytes of UTF-8.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check hl7==0.4.5 2> /dev/null
cat > "$work/escape.py" << 'PYTHON'
import hl7

message = hl7.parse("MSH|^~\\&|A|B|C|D|2026||ORU^R01|1|T|2.5.1||||||UNICODE UTF-8\r")
for text in ("A|B^C", "Björk", "山田", "a\nb"):
    escaped = message.escape(text)
    print(f"{text!r}: {escaped}; comes back: {message.unescape(escaped) == text}")
PYTHON
PYTHONUTF8=1 "$work/venv/bin/python" "$work/escape.py" | tee "$work/said"
grep -Fqx "'A|B^C': A\\F\\B\\S\\C; comes back: True" "$work/said"
grep -Fqx "'Björk': Bj\\Xf6\\rk; comes back: True" "$work/said"
grep -Fqx "'山田': \\X5c71\\\\X7530\\; comes back: False" "$work/said"
grep -Fqx "'a\\nb': a\\X a\\b; comes back: True" "$work/said"
