"""From files to rules: the built-in library, further policies, a profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from guardrail.app import rules_of
from guardrail.matching import PolicyIndex
from webhook.rules import Rules

if TYPE_CHECKING:
    from guardrail.app import Options

__all__ = ["load_rules", "sources_of"]


def load_rules(options: Options) -> Rules:
    """The rules that the options name. Raises ConfigError, ProfileError or PolicyError with every fault."""
    profile, library = rules_of(options)
    facts = profile.facts(now=options.now, cluster=options.cluster, namespace=None)
    narrowed = {
        name: PolicyIndex(replace(library, policies=tuple(policy for policy in library.policies if policy.ignores_errors is ignored)))
        for name, ignored in (("fail", False), ("ignore", True))
    }
    return Rules(PolicyIndex(library), facts, narrowed)


def sources_of(options: Options) -> list[Path]:
    """The files and folders that may change while the service runs; the built-in library does not."""
    named = [*options.policies, *([options.profile] if options.profile not in {None, "starter"} else [])]
    return [Path(name) for name in named if name is not None]
