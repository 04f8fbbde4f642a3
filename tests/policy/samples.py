"""Policies and profiles that the tests of this folder vary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from guardrail.policy.library import PolicySource, compile_library
from guardrail.policy.profile import load_profile, starter
from guardrail.runtimes.builtin import BuiltinRuntime

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.policy.compiled import Library, Validation
    from guardrail.policy.profile import Profile

RUNTIME = BuiltinRuntime()


def policy(name: str = "small-things", **spec: Any) -> PolicySource:
    """A valid policy with parts of its spec replaced."""
    document = {
        "apiVersion": "guardrail.dev/v1",
        "kind": "Policy",
        "metadata": {"name": name},
        "spec": {
            "version": 1,
            "title": "Things are small",
            "category": "sizes",
            "severity": "low",
            "targets": ["kubernetes", "terraform"],
            "actions": {"dev": "warn", "test": "deny", "prod": "deny"},
            "validations": [validation()],
            "noProfile": {"action": "warn"},
            **spec,
        },
    }
    return PolicySource(f"{name}.yaml", json.dumps(document))


def validation(name: str = "too-large", **parts: Any) -> dict[str, Any]:
    return {"name": name, "expression": "resource.units.max < 10", "message": "too large", "field": "resource.units.max", **parts}


def profile(**parts: Any) -> Profile:
    """A profile with the environments dev, test and prod."""
    document: Mapping[str, Any] = {
        "apiVersion": "guardrail.dev/v1",
        "kind": "Profile",
        "environments": {"aliases": {"dev": [], "test": [], "prod": []}},
        **parts,
    }
    return load_profile([("profile.yaml", json.dumps(document))], "profile.yaml")


def library(*sources: PolicySource, given: Profile | None = None) -> Library:
    return compile_library(sources, given if given is not None else profile(), RUNTIME)


def only(source: PolicySource, given: Profile | None = None) -> Validation:
    return library(source, given=given).policies[0].validations[0]


__all__ = ["RUNTIME", "library", "only", "policy", "profile", "starter", "validation"]
