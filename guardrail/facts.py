"""What the organisation and the run tell the normalisers, taken from the profile and the flags."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["DEFAULT_ENVIRONMENT", "Environments", "Facts"]

DEFAULT_ENVIRONMENT = "default"


@dataclass(frozen=True, slots=True)
class Environments:
    """How an environment is recognised.

    `order` lists the names, strictest last; empty means that `default` is the only one. `aliases`
    maps every accepted spelling, lower case and including the names themselves, to a name. Homes
    map an account, a cluster or a namespace glob to a name. `unlabelled` judges what has no
    environment; None means the strictest. `assume_strictest` is False for the built-in starter,
    which never assumes an environment: what it cannot recognise is `default`.
    """

    order: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict)
    namespaces: tuple[tuple[str, str], ...] = ()  # (glob, environment), in the order written
    unlabelled: str | None = None
    assume_strictest: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts that views are built with.

    `spellings`: canonical tag key → platform (kubernetes, aws, google, azure) → accepted raw keys,
    preferred first. `inherit`: canonical keys that an object takes over from its namespace's
    labels. `clusters`: the registry, by name (members as in the profile). `global_types`: globs of
    Terraform types without a region. `declarations`: platform → how a declaration is spelled, `{key}`
    standing for its name; `declarations_for`: address, or kind/namespace/name → declarations of what
    cannot carry them. `checkpoint_env` and `checkpoint_args`: variables and flags that name where
    checkpoints go. `cluster` and `namespace` are run facts from the flags.
    `now` is the one clock reading of the run, aware and in UTC.
    """

    now: datetime
    environments: Environments = field(default_factory=Environments)
    spellings: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    inherit: tuple[str, ...] = ()
    inherit_from_resource_group: bool = False
    clusters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    global_types: tuple[str, ...] = ()
    declarations: Mapping[str, str] = field(default_factory=dict)
    declarations_for: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    checkpoint_env: tuple[str, ...] = ()
    checkpoint_args: tuple[str, ...] = ()
    cluster: str | None = None
    namespace: str | None = None
