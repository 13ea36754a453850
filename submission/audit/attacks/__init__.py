"""Attacks on a package: one corruption at a time, by a forger who makes digests agree again; does the audit see it?

Each attack works on a copy. It changes one thing, then rewrites the manifest and its digest as if nothing had happened,
so that no finding comes from a digest of the manifest alone. Nobody here rewrites evidence, ledgers, pages and manifest
alike: that is another package, and only a signature or a build from its commit can tell.
"""

from submission.audit.attacks.attack import ATTACKS, Tried, attack, tabulate
from submission.audit.attacks.forgery import Forgery

__all__ = ["ATTACKS", "Forgery", "Tried", "attack", "tabulate"]
