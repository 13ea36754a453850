"""What is verified in a checkout: the product's package, as `[tool.clearway.product]` of its pyproject.toml says."""

from __future__ import annotations

import tomllib
from functools import cache

import msgspec

SETTINGS = "pyproject.toml"


class Product(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A package that lies at the root of a checkout. No room knows it by another name.

    `package` is its import name, which is that of its folder. `development` are folders in it that no user runs. Where
    it gives scores, `entry` is the function, after the package's name, that leads from a file to its score, and
    `scoring` are the modules that lie between. `release` is the one that documents are of where none is named.
    """

    package: str = "device"
    development: tuple[str, ...] = ()
    entry: str = ""
    scoring: tuple[str, ...] = ()
    release: str = ""

    @property
    def folder(self) -> str:
        """What the names of its files begin with."""
        return f"{self.package}/"

    @property
    def files(self) -> str:
        """The pattern of all its files."""
        return f"{self.package}/**/*"

    @property
    def code(self) -> str:
        """The pattern of its Python files."""
        return f"{self.package}/**/*.py"

    @property
    def releases(self) -> str:
        """The folder that holds a folder for each of its releases."""
        return f"{self.package}/releases"

    def is_development(self, file: str) -> bool:
        """Whether a file lies in a folder of its that no user runs."""
        return file.startswith(tuple(f"{self.package}/{folder}/" for folder in self.development))

    def scores_by(self, unit: str) -> bool:
        """Whether a unit of code is in one of the modules that lie between a file and its score."""
        package, _, inside = unit.partition(".")
        return package == self.package and inside.partition(".")[0] in self.scoring


@cache
def read_product(settings: bytes) -> Product:
    """Read what a pyproject.toml says of the product; where it says nothing, the package is `device`.

    Raises:
        ValueError: it says something else than a product has; the message names it.
    """
    try:
        tools = tomllib.loads(settings.decode()).get("tool", {})
    except ValueError:  # whoever needs the file says what is wrong with it
        return Product()
    try:
        product = msgspec.convert(tools.get("clearway", {}).get("product", {}), Product)
    except msgspec.ValidationError as error:
        raise ValueError(f"{SETTINGS}: [tool.clearway.product]: {error}") from error
    if not product.package.isidentifier():
        message = f"package is {product.package!r}, expected the import name of a package at the root of the checkout"
        raise ValueError(f"{SETTINGS}: [tool.clearway.product]: {message}")
    return product
