#!/bin/sh
# hl7apy 1.3.5: a message that is parsed and written again has its line breaks and hexadecimal escapes escaped.
#
# \.br\ (a new line in formatted text) and \X0D\ (a byte) are escapes of HL7 2.5.1, chapters 2.7.6 and 2.7.5, as \F\ is.
# One would expect a message that is parsed and written to be what it was, trailing empty fields aside. hl7apy writes the
# backslash of the two as \E\, so that a reader is shown the characters ".br" and "X0D" where there was a new line; the
# escapes of separators stay as they are. Strict validation finds nothing to say, of the first nor of the second.
#
# What we do about it: a test reads the device's messages with hl7apy, and the device writes them itself.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check hl7apy==1.3.5 2> /dev/null
cat > "$work/again.py" << 'PYTHON'
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message

segments = (
    "MSH|^~\\&|A|B|RIS|SITE|20260101||ORU^R01^ORU_R01|1|T|2.5.1",
    "OBR|1|||X^Y^99Z",
    "OBX|1|FT|X^Y^99Z||one\\.br\\two \\F\\ three\\X0D\\four||||||R",
)
parsed = parse_message("\r".join(segments) + "\r", validation_level=VALIDATION_LEVEL.STRICT)
print(f"valid: {parsed.validate()}")
for line in parsed.to_er7().split("\r"):
    if line.startswith("OBX"):
        print(line)
PYTHON
"$work/venv/bin/python" "$work/again.py" | tee "$work/said"
grep -Fqx 'valid: True' "$work/said"
grep -Fqx 'OBX|1|FT|X^Y^99Z||one\E\.br\E\two \F\ three\E\X0D\E\four||||||R' "$work/said"
