"""The software bill of materials: CycloneDX 1.6 as JSON, the same bytes for the same components and commit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_OID, UUID, uuid5

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component as Part
from cyclonedx.model.component import ComponentScope, ComponentType
from cyclonedx.model.contact import OrganizationalEntity
from cyclonedx.model.license import LicenseExpression
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonValidator
from packageurl import PackageURL

from verification.evidence import Bundled, Component, Gap, Library, Licence, Support

_REGISTRY = "https://pypi.org/project/{}/{}/"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a bill is of: the product, its commit's day (ISO 8601), and its models as name, version and SHA-256."""

    name: str
    version: str
    commit_date: str
    models: tuple[tuple[str, str, str], ...]


def make_sbom(subject: Subject, components: Iterable[Component]) -> bytes:
    """Write the bill of a product and its components; its serial number follows from what it says."""
    listed = tuple(components)
    digest = hashlib.sha256(_write(subject, listed, UUID(int=0))).hexdigest()
    return _write(subject, listed, uuid5(NAMESPACE_OID, digest))


def find_faults(content: bytes) -> Iterator[str]:
    """Yield how a bill departs from the schema of CycloneDX 1.6, which the library holds."""
    errors = JsonValidator(SchemaVersion.V1_6).validate_str(content.decode(), all_errors=True)
    yield from (str(error) for error in errors or ())


def _write(subject: Subject, components: tuple[Component, ...], serial: UUID) -> bytes:
    root = Part(name=subject.name, version=subject.version, type=ComponentType.APPLICATION, bom_ref="product")
    tool = Part(name=subject.name, version=subject.version, type=ComponentType.APPLICATION, bom_ref="tool")
    metadata = BomMetaData(
        component=root,
        tools=ToolRepository(components=[tool]),
        timestamp=datetime.fromisoformat(subject.commit_date).replace(tzinfo=UTC),
    )
    models = [_model(*model) for model in subject.models]
    parts = {each.name: _part(each) for each in components}
    bom = Bom(components=[*models, *parts.values()], serial_number=serial, metadata=metadata)
    bom.register_dependency(root, [*models, *(parts[each.name] for each in components if each.direct)])
    for name, part in parts.items():
        bom.register_dependency(part, [parts[each.name] for each in components if name in _through(each)])
    text: str = JsonV1Dot6(bom).output_as_string(indent=1)
    return text.encode() + b"\n"


def _through(component: Component) -> tuple[str, ...]:
    return () if isinstance(component.through, Gap) else component.through


def _part(component: Component) -> Part:
    purl = PackageURL.from_string(component.purl)
    files = [HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in component.hashes]
    registry = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(_REGISTRY.format(purl.name, purl.version)),
        comment="one hash for each file that the lock accepts",
        hashes=files,
    )
    licence, supplier = component.licence, component.supplier
    return Part(
        name=component.name,
        version=component.version,
        purl=purl,
        bom_ref=component.purl,
        scope=ComponentScope.REQUIRED if component.part == "runtime" else ComponentScope.EXCLUDED,
        supplier=None if isinstance(supplier, Gap) else OrganizationalEntity(name=supplier),
        licenses=[LicenseExpression(licence.expression)] if isinstance(licence, Licence) else [],
        external_references=[registry] if files else [],
        properties=_properties(component),
        components=[
            *(_library(component, each) for each in component.libraries),
            *(_bundled(component, each) for each in component.bundled),
        ],
    )


def _library(component: Component, library: Library) -> Part:
    return Part(
        name=library.name,
        version=library.version or None,
        type=ComponentType.LIBRARY,
        bom_ref=f"{component.purl}#{library.file}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=library.sha256)],
        properties=[Property(name="clearway:file", value=library.file)],
    )


def _bundled(component: Component, bundled: Bundled) -> Part:
    return Part(
        name=bundled.name,
        version=bundled.version or None,
        type=ComponentType.LIBRARY,
        purl=_purl(bundled.purl),
        bom_ref=f"{component.purl}#{bundled.file}#{bundled.name}@{bundled.version}",
        properties=[Property(name="clearway:stated-in", value=bundled.file)],
    )


def _purl(text: str) -> PackageURL | None:
    """A package's identifier; one that a wheel's bill misspells is left out of ours."""
    try:
        return PackageURL.from_string(text)
    except ValueError:
        return None


def _properties(component: Component) -> Iterator[Property]:
    yield Property(name="clearway:part", value=component.part)
    if component.condition:
        yield Property(name="clearway:condition", value=component.condition)
    support = component.support
    level = _level(support)
    end = support.end_of_support if isinstance(support, Support) else "not looked up"
    yield Property(name="clearway:support-level", value=level)
    yield Property(name="clearway:end-of-support", value="none stated" if isinstance(end, Gap) else end)


def _level(support: Support | Gap) -> str:
    if isinstance(support, Gap):
        return "not looked up"
    return "not known" if isinstance(support.level, Gap) else support.level


def _model(name: str, version: str, sha256: str) -> Part:
    return Part(
        name=f"{name} weights",
        version=version,
        type=ComponentType.MACHINE_LEARNING_MODEL,
        bom_ref=f"model:{name}@{version}",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)],
        scope=ComponentScope.REQUIRED,
    )
