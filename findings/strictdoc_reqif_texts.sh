#!/bin/sh
# strictdoc 0.30.4: a text of a ReqIF file is taken for the inside of a Python string, and written as one.
#
# One would expect that THE-VALUE of a STRING, in a file that is UTF-8 and valid by the schema of OMG, is the text that it
# shows, and that an export can be read by other tools. But an import encodes the text as UTF-8 and decodes it as Python's
# "unicode_escape": a letter beyond ASCII becomes two or three others, "\t" in a path becomes a tab. An export does the
# reverse, so that strictdoc reads its own files rightly and every other tool shows "\xb5" for a letter. With
# reqif_multiline_is_xhtml texts of several lines are spared this, but then & and < are not escaped: what is written is
# no XML, which no tool can read, strictdoc included.
#
# What we do about it: exports hold every text but ids and titles as XHTML, which strictdoc reads rightly; an import takes
# a text as it stands, so that a letter that was changed is a difference with its item, and a file that is no XML is
# refused with the line.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check strictdoc==0.30.4 reqif==0.1.0 2> /dev/null
"$work/venv/bin/pip" list --disable-pip-version-check 2> /dev/null | grep -E "^(strictdoc|reqif) "

mkdir "$work/in" "$work/read" "$work/strings" "$work/xhtml"
cat > "$work/in/door.reqif" << 'XML'
<?xml version="1.0" encoding="UTF-8"?>
<REQ-IF xmlns="http://www.omg.org/spec/ReqIF/20110401/reqif.xsd" xmlns:xhtml="http://www.w3.org/1999/xhtml">
  <THE-HEADER><REQ-IF-HEADER IDENTIFIER="h"><CREATION-TIME>2026-01-02T00:00:00Z</CREATION-TIME>
    <REQ-IF-TOOL-ID>t</REQ-IF-TOOL-ID><REQ-IF-VERSION>1.0</REQ-IF-VERSION><SOURCE-TOOL-ID>t</SOURCE-TOOL-ID><TITLE>t</TITLE>
  </REQ-IF-HEADER></THE-HEADER>
  <CORE-CONTENT><REQ-IF-CONTENT>
    <DATATYPES>
      <DATATYPE-DEFINITION-STRING IDENTIFIER="d1" LAST-CHANGE="2026-01-02T00:00:00Z" MAX-LENGTH="99"/>
      <DATATYPE-DEFINITION-XHTML IDENTIFIER="d2" LAST-CHANGE="2026-01-02T00:00:00Z"/>
    </DATATYPES>
    <SPEC-TYPES>
      <SPEC-OBJECT-TYPE IDENTIFIER="t1" LAST-CHANGE="2026-01-02T00:00:00Z" LONG-NAME="REQUIREMENT"><SPEC-ATTRIBUTES>
        <ATTRIBUTE-DEFINITION-STRING IDENTIFIER="a1" LAST-CHANGE="2026-01-02T00:00:00Z" LONG-NAME="ReqIF.Name">
          <TYPE><DATATYPE-DEFINITION-STRING-REF>d1</DATATYPE-DEFINITION-STRING-REF></TYPE>
        </ATTRIBUTE-DEFINITION-STRING>
        <ATTRIBUTE-DEFINITION-XHTML IDENTIFIER="a2" LAST-CHANGE="2026-01-02T00:00:00Z" LONG-NAME="ReqIF.Text">
          <TYPE><DATATYPE-DEFINITION-XHTML-REF>d2</DATATYPE-DEFINITION-XHTML-REF></TYPE>
        </ATTRIBUTE-DEFINITION-XHTML>
      </SPEC-ATTRIBUTES></SPEC-OBJECT-TYPE>
      <SPECIFICATION-TYPE IDENTIFIER="t2" LAST-CHANGE="2026-01-02T00:00:00Z" LONG-NAME="s"/>
    </SPEC-TYPES>
    <SPEC-OBJECTS>
      <SPEC-OBJECT IDENTIFIER="o1" LAST-CHANGE="2026-01-02T00:00:00Z"><VALUES>
        <ATTRIBUTE-VALUE-STRING THE-VALUE="5 µm in C:\temp">
          <DEFINITION><ATTRIBUTE-DEFINITION-STRING-REF>a1</ATTRIBUTE-DEFINITION-STRING-REF></DEFINITION>
        </ATTRIBUTE-VALUE-STRING>
        <ATTRIBUTE-VALUE-XHTML>
          <DEFINITION><ATTRIBUTE-DEFINITION-XHTML-REF>a2</ATTRIBUTE-DEFINITION-XHTML-REF></DEFINITION>
          <THE-VALUE><xhtml:div><xhtml:p>5 µm in C:\temp</xhtml:p></xhtml:div></THE-VALUE>
        </ATTRIBUTE-VALUE-XHTML>
      </VALUES><TYPE><SPEC-OBJECT-TYPE-REF>t1</SPEC-OBJECT-TYPE-REF></TYPE></SPEC-OBJECT>
    </SPEC-OBJECTS>
    <SPECIFICATIONS>
      <SPECIFICATION IDENTIFIER="s1" LAST-CHANGE="2026-01-02T00:00:00Z" LONG-NAME="Doors">
        <TYPE><SPECIFICATION-TYPE-REF>t2</SPECIFICATION-TYPE-REF></TYPE>
        <CHILDREN><SPEC-HIERARCHY IDENTIFIER="p1" LAST-CHANGE="2026-01-02T00:00:00Z">
          <OBJECT><SPEC-OBJECT-REF>o1</SPEC-OBJECT-REF></OBJECT>
        </SPEC-HIERARCHY></CHILDREN>
      </SPECIFICATION>
    </SPECIFICATIONS>
  </REQ-IF-CONTENT></CORE-CONTENT>
</REQ-IF>
XML
# The input is valid: the library's own validation, against the schema of OMG.
"$work/venv/bin/python" -c "from reqif.cli.main import main; main()" validate --use-reqif-schema "$work/in/door.reqif" > "$work/said"
grep -o "Validation complete with 0 errors, 0 schema issues" "$work/said"

"$work/venv/bin/strictdoc" convert "$work/in/door.reqif" "$work/read" > "$work/said" 2>&1
title=$(sed -n 's/^TITLE: \(5 .*\)/\1/p' "$work/read/Doors.sdoc")
text=$(grep -A1 "^STATEMENT: >>>" "$work/read/Doors.sdoc" | tail -1)
printf 'STRING "5 µm in C:\\temp" is read as: %s\n' "$title"
printf 'XHTML  "5 µm in C:\\temp" is read as: %s\n' "$text"

for folder in strings xhtml; do
    printf '[DOCUMENT]\nTITLE: Doors\n\n[REQUIREMENT]\nUID: R-1\nTITLE: 5 µm\nSTATEMENT: >>>\nwidth < 2 m & height > 5 µm\n<<<\n' > "$work/$folder/doors.sdoc"
    [ "$folder" = xhtml ] && flag=True || flag=False
    printf 'from strictdoc.core.project_config import ProjectConfig\n\n\ndef create_config() -> ProjectConfig:\n    return ProjectConfig(project_title="Doors", reqif_multiline_is_xhtml=%s)\n' "$flag" > "$work/$folder/strictdoc_config.py"
    (cd "$work/$folder" && "$work/venv/bin/strictdoc" export . --formats=reqif-sdoc --output-dir out > "$work/said" 2>&1)
done
strings=$(sed -n 's/.*THE-VALUE="\(width.*\)">.*/\1/p' "$work/strings/out/reqif/output.reqif")
xhtml=$(sed -n 's/.*<xhtml:p>\(width.*\)<.xhtml:p>.*/\1/p' "$work/xhtml/out/reqif/output.reqif")
parsed=$("$work/venv/bin/python" -c 'import sys
from reqif.parser import ReqIFParser
try:
    ReqIFParser.parse(sys.argv[1])
except Exception as error:
    print("is not read:", str(error).split(",")[0])
else:
    print("is read")' "$work/xhtml/out/reqif/output.reqif")
printf 'a text, written as STRING: %s\n' "$strings"
printf 'a text, written as XHTML:  %s\n' "$xhtml"
printf 'the file with XHTML %s\n' "$parsed"

expect() { [ "$1" = "$2" ] || { echo "changed: found $1, expected $2"; exit 1; }; }
expect "$title" "$(printf '5 Âµm in C:\temp')"
expect "$text" '5 µm in C:\temp'
expect "$strings" 'width &lt; 2 m &amp; height &gt; 5 \xb5m'
expect "$xhtml" 'width < 2 m & height > 5 µm'
case "$parsed" in "is not read:"*) ;; *) echo "changed: expected a file that is not read"; exit 1 ;; esac
