"""XML as a tree that knows its lines and what was read of it: what nobody took is what an import would lose.

No document type is accepted, so that no entity can name another file or grow; size, depth and number of elements are
bounded. Names of ReqIF and XHTML stand without their namespace, whatever prefix a tool gives it; others keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

MOST_ELEMENTS = 2_000_000
DEEPEST = 200
_OWN = ("http://www.omg.org/spec/ReqIF/", "http://www.w3.org/1999/xhtml")
ADMINISTRATIVE = frozenset({
    "THE-HEADER", "ALTERNATIVE-ID", "PROPERTIES", "EDITABLE-ATTS",
    "IDENTIFIER", "LAST-CHANGE", "LONG-NAME", "IS-EDITABLE", "IS-TABLE-INTERNAL", "MULTI-VALUED",
    "MAX-LENGTH", "MIN", "MAX", "ACCURACY", "KEY", "OTHER-CONTENT",
    "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation", "{http://www.w3.org/XML/1998/namespace}lang",
})  # fmt: skip
"""Elements and attributes that say how a file is kept and which tool wrote it, and nothing of an item."""


@dataclass(slots=True, eq=False)
class Element:
    """An element with its line; attributes that are read leave it, elements that are read are taken."""

    name: str
    line: int = 0
    attributes: dict[str, str] = field(default_factory=dict)
    content: list[Element | str] = field(default_factory=list)
    taken: bool = False

    @property
    def identifier(self) -> str:
        """What the file calls it."""
        return self.attributes.get("IDENTIFIER", "")

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands in it: no attribute, no text, no element."""
        return (
            not self.attributes and not "".join(part if isinstance(part, str) else "." for part in self.content).strip()
        )

    @property
    def elements(self) -> list[Element]:
        """The elements in it."""
        return [part for part in self.content if isinstance(part, Element)]

    def take(self, attribute: str) -> str:
        """The value of an attribute; empty where there is none."""
        return self.attributes.pop(attribute, "")

    def children(self, *names: str) -> list[Element]:
        """Take the children of these names; of all names, if none is given."""
        found = [part for part in self.elements if part.name in names or not names]
        for part in found:
            part.taken = True
        return found

    def child(self, name: str) -> Element | None:
        """Take the first child of a name; a second one stays behind, and is named as what was not read."""
        found = next((part for part in self.elements if part.name == name and not part.taken), None)
        if found is not None:
            found.taken = True
        return found

    def below(self, *names: str) -> list[Element]:
        """Take the children of a child, of all names: `VALUES`, `SPEC-TYPES`; none where that is not there."""
        found = self.child(names[0])
        return [] if found is None else found.children(*names[1:])

    def text(self) -> str:
        """Take the text that stands in the element itself, without white space around it."""
        found = "".join(part for part in self.content if isinstance(part, str))
        self.content = list(self.elements)
        return found.strip()

    def reference(self, name: str) -> str:
        """Take the identifier that the first element of a child holds, of `TYPE`, `SOURCE`; empty if there is none."""
        found = next(iter(self.below(name)), None)
        return "" if found is None else found.text()

    def drop(self) -> None:
        """Take all that the element holds: it is read, or named, as a whole."""
        self.taken, self.content = True, []
        self.attributes = {"IDENTIFIER": self.identifier}


def find_rest(root: Element) -> Iterator[tuple[Element, str, str]]:
    """Yield what was not taken: its element, the identifier that it stands in, and what it is."""
    todo = [(root, "")]
    while todo:
        element, above = todo.pop()
        within = element.identifier or above
        for name, value in element.attributes.items():
            if name not in ADMINISTRATIVE and value.strip():
                yield element, within, f"{name}={value!r}"
        for part in element.content:
            if isinstance(part, str):
                if part.strip():
                    yield element, within, f"the text {part.strip()!r}"
            elif part.taken:
                todo.append((part, within))
            elif part.name not in ADMINISTRATIVE and not part.is_empty:
                yield part, part.identifier or within, f"the element {part.name}"


def find_twice(root: Element) -> Iterator[tuple[Element, int]]:
    """Yield each element whose identifier another has, with the line of that."""
    lines: dict[str, int] = {}
    todo = [root]
    while todo:
        element = todo.pop()
        if element.identifier in lines:
            yield element, lines[element.identifier]
        elif element.identifier:
            lines[element.identifier] = element.line
        todo += reversed(element.elements)


def parse(content: bytes) -> Element:
    """The tree of an XML file, in whatever encoding it declares.

    Raises:
        ValueError: it is not XML, declares a document type, or is too deep or too large; with the line.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    builder = _Builder(parser)
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.text, builder.doctype
    try:
        parser.Parse(content, True)
    except (expat.ExpatError, LookupError) as error:  # LookupError: an encoding that nobody knows
        raise ValueError(str(error)) from None
    return builder.root.elements[0]


class _Builder:
    """What the parser calls."""

    def __init__(self, parser: Any) -> None:
        self.parser, self.root = parser, Element("")
        self.open, self.count = [self.root], 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        line = self.parser.CurrentLineNumber
        if self.count > MOST_ELEMENTS:
            raise ValueError(f"line {line}: found more than {MOST_ELEMENTS} elements")
        if len(self.open) > DEEPEST:
            raise ValueError(f"line {line}: elements stand {len(self.open)} deep, expected at most {DEEPEST}")
        own = {_local(key): value for key, value in attributes.items()}
        element = Element(_local(name), line, own)
        self.open[-1].content.append(element)
        self.open.append(element)

    def end(self, _: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        self.open[-1].content.append(text)

    def doctype(self, *_: object) -> None:
        line = self.parser.CurrentLineNumber
        raise ValueError(f"line {line}: it declares a document type, which ReqIF has no use for")


def _local(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return local if not space or space.startswith(_OWN) else f"{{{space}}}{local}"
