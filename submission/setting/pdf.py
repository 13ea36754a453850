"""What a PDF of ours says of itself and carries: PDF/A-3a and PDF/UA-1 intended, evidence attached with fixed dates.

WeasyPrint writes one variant at a time. PDF/A-3a holds all that its PDF/UA-1 writes, the tree of tags, and lacks only
the mark that says so; it is added here. Neither has been tested with a validator.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

VARIANT = "pdf/a-3a"

Attached = tuple[str, bytes, str]
"""A file that a PDF carries: its name, its content and what it is."""

# PDF/A allows a property that it does not know if the metadata describe it.
UA_MARK = """\
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>The part of ISO 14289 that the file follows</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""


def attach(weasyprint: Any, files: Sequence[Attached], date: str) -> list[Any]:
    """WeasyPrint's attachments of these files, sorted as a PDF wants names, all of this date (ISO 8601, day)."""
    if not files:
        return []
    day = datetime.fromisoformat(date)
    return [
        weasyprint.Attachment(
            string=content, name=name, description=said, created=day, modified=day, relationship="Data"
        )
        for name, content, said in sorted(files)
    ]


def finish(_document: Any, pdf: Any) -> None:
    """Add to WeasyPrint's file the mark of PDF/UA, and name each attachment once."""
    for part in pdf.objects:
        if getattr(part, "extra", {}).get("Type") == "/Metadata":
            part.stream = [part.stream[0].replace(b"</rdf:RDF>", UA_MARK.encode() + b"</rdf:RDF>")]
    if "AF" in pdf.catalog:
        pdf.catalog["AF"][:] = dict.fromkeys(pdf.catalog["AF"])
