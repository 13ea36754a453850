"""The license of a component as an SPDX expression, never guessed, and what the policy says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

from verification.evidence import Gap, Licence
from verification.supply.installed import Installed

VERDICTS = ("allowed", "weak_copyleft", "unlisted", "refused")
"""From what is harmless to what is not: an expression with AND has the worst of its parts, one with OR the best."""

CLOSES = "read its license file and enter what it says in risk/licences.yaml"


def find_licence(name: str, found: Installed | None, described: str | None, policy: Mapping[str, Any]) -> Licence | Gap:
    """The license of a component, from the first source that states one without doubt.

    Args:
        name: the component.
        found: its metadata; None where it is not installed.
        described: what pyproject.toml says of it; None if nothing.
        policy: `risk/licences.yaml`.
    """
    for stated, source in _find_stated(name, found, described, policy):
        expression = canonical(stated)
        if expression is not None:
            verdict, reason = judge(expression, policy)
            return Licence(expression=expression, read_in=source, verdict=verdict, reason=reason)
    if found is None:
        reason = "it is not installed where the evidence was made, so that its metadata could not be read"
        return Gap(reason=reason, closes="look where it is installed, and enter it in risk/licences.yaml")
    ways = "; ".join(each for each in (found.licence_text.partition("\n")[0][:80], *found.classifiers) if each)
    return Gap(reason=f"its metadata state no SPDX license: {ways or 'nothing at all'}", closes=CLOSES)


def _find_stated(
    name: str, found: Installed | None, described: str | None, policy: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    read, aliases = policy["read"].get(name), policy["aliases"]
    if found is not None and found.licence:
        yield found.licence, "its metadata"
    if described:
        yield described, "pyproject.toml"
    if found is not None:
        if read and read["version"] == found.version:
            yield read["licence"], f"{read['file']} of the package"
        if found.licence_text:
            yield aliases.get(found.licence_text, found.licence_text), "its metadata"
        if len(found.classifiers) == 1 and found.classifiers[0] in aliases:
            yield aliases[found.classifiers[0]], "its classifier"


def canonical(expression: str) -> str | None:
    """An SPDX expression in its usual spelling; None if it is none."""
    try:
        return str(canonicalize_license_expression(expression))
    except InvalidLicenseExpression:
        return None


def judge(expression: str, policy: Mapping[str, Any]) -> tuple[str, str]:
    """The verdict on an SPDX expression, and the reason that the policy gives for it."""
    for word, choose in ((" OR ", min), (" AND ", max)):
        parts = _split(expression, word)
        if len(parts) > 1:
            return choose((judge(part, policy) for part in parts), key=lambda found: VERDICTS.index(found[0]))
    if expression.startswith("("):
        return judge(expression[1:-1], policy)
    if expression in policy["allowed"]:
        return "allowed", "asks for no more than its notice"
    for verdict in ("weak_copyleft", "refused"):
        if expression in policy[verdict]:
            return verdict, str(policy[verdict][expression])
    return "unlisted", f"the policy does not list {expression}"


def _split(expression: str, word: str) -> list[str]:
    """The parts of an expression between a word that stands outside of all parentheses."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(expression):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and expression.startswith(word, at):
            parts.append(expression[start:at])
            start = at + len(word)
    return [*parts, expression[start:]]
