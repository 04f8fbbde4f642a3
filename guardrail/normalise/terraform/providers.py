"""Provider instances: what the block that a resource uses says of region, tags and account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from guardrail.catalogue.places import canonical_region, region_of_zone, same_place
from guardrail.cel.unknown import PartialMap, Unknown
from guardrail.normalise.terraform.configuration import as_list, as_map
from guardrail.normalise.terraform.values import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from guardrail.normalise.terraform.changes import Change
    from guardrail.normalise.terraform.configuration import Configuration

__all__ = ["ProviderInstance", "Providers", "account_in_arn", "looks_like_region", "provider_of", "source_of"]

_PREFIXES = {
    "aws": "aws",
    "awscc": "aws",
    "google": "google",
    "azurerm": "azure",
    "azapi": "azure",
    "kubernetes": "kubernetes",
    "kubectl": "kubernetes",
    "helm": "helm",
}
_NAMES = {**_PREFIXES, "google-beta": "google", "azure": "azure"}
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-?[0-9]+")
_Value = TypeVar("_Value")
_ACCOUNT_IN_ARN = re.compile(r"arn:[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:([0-9]{12}):")


def provider_of(type_: str, provider_name: str) -> str:
    """aws, google, azure, kubernetes, helm or other, by the prefix of the type, else the name of its provider.

    The host of a provider's address differs between registries and mirrors and says nothing.
    """
    found = _PREFIXES.get(type_.split("_", 1)[0])
    return found or _NAMES.get(provider_name.rsplit("/", 1)[-1].split(".", 1)[0], "other")


def source_of(type_: str, provider_name: str) -> str:
    """The provider as namespace and name (`hashicorp/aws`); plans before 0.13 name it without a namespace."""
    parts = [part for part in provider_name.split("/") if part]
    if len(parts) > 1:
        return "/".join(parts[-2:])
    return f"hashicorp/{(parts[0].split('.', 1)[0] if parts else type_.split('_', 1)[0])}"


def looks_like_region(provider: str, name: str) -> bool:
    """Whether a text names a region: one of the catalogue, or one newer than it by its form (`eu-west-9`)."""
    return canonical_region(provider, name) is not None or _REGION.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class ProviderInstance:
    """What one provider block says.

    `region` is None where the block names none (the environment of the run decides) and `Unknown`
    where the plan cannot resolve it; `region_source` is provider or variable. `default_tags` is
    `Unknown` where it cannot be resolved to keys and values.
    """

    name: str
    region: str | Unknown | None = None
    region_source: str = "provider"
    default_tags: Mapping[str, Any] | Unknown | None = None
    ignored_keys: frozenset[str] = frozenset()
    ignored_prefixes: tuple[str, ...] = ()
    account: str | Unknown | None = None


class Providers:
    """The provider instances of one plan, each read once."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._read: dict[tuple[tuple[str, ...], str, str], ProviderInstance] = {}

    def of(self, change: Change) -> ProviderInstance:
        """The instance that a resource uses.

        A resource whose block is gone from the configuration counts as using the default instance.
        """
        modules, name = self._key(change)
        provider = provider_of(change.type, change.provider_name)
        if (modules, name, provider) not in self._read:
            self._read[modules, name, provider] = self._instance(modules, name, provider)
        return self._read[modules, name, provider]

    def _key(self, change: Change) -> tuple[tuple[str, ...], str]:
        """The module that knows the instance, and its name there.

        Plans before format 1.0 put the name of the last module call alone before the colon. Those
        of Terraform 0.12 name the instance that was passed down as the provider of the change
        (`aws.eu`); later ones of these formats do not say which it was.
        """
        path, _, name = (change.provider_key or change.type.split("_", 1)[0]).rpartition(":")
        if path.startswith("module."):
            return tuple(path.split(".")[1::2]), name
        passed = change.provider_name
        if path and "." in passed and passed in self._configuration.providers:
            return (), passed
        return change.address.module_names if path else (), name

    def _instance(self, modules: tuple[str, ...], name: str, provider: str) -> ProviderInstance:
        entry, names = self._entry(modules, name)
        written = as_map(entry.get("expressions"))
        region, source = self._region(written, names, provider)
        ignored = as_map(next(iter(as_list(written.get("ignore_tags"))), {}))
        label = f"provider.{name}"
        return ProviderInstance(
            name=label,
            region=_referring(region, label),
            region_source=source,
            default_tags=_referring(self._defaults(written, names, provider), label),
            ignored_keys=frozenset(self._list(ignored.get("keys"), names)),
            ignored_prefixes=tuple(self._list(ignored.get("key_prefixes"), names)),
            account=_referring(self._account(written, names, provider), label),
        )

    def _entry(self, modules: tuple[str, ...], name: str) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """The entry that configures an instance, and the module that its variables belong to.

        An entry without expressions (a wrapper module that configures nothing) says nothing: the
        callers are asked, from the inside out.
        """
        while modules:
            for at in (".".join(f"module.{module}" for module in modules), modules[-1]):
                entry = as_map(self._configuration.providers.get(f"{at}:{name}"))
                if entry.get("expressions"):
                    return entry, modules
            modules = modules[:-1]
        return as_map(self._configuration.providers.get(name)), ()

    def _region(self, written: Mapping[str, Any], names: tuple[str, ...], provider: str) -> tuple[str | Unknown | None, str]:
        for attribute in ("region", "zone"):
            if attribute not in written or provider not in {"aws", "google"}:
                continue
            expression = written[attribute]
            source = "provider" if "constant_value" in as_map(expression) else "variable"
            value = text(self._configuration.resolve(expression, names))
            if isinstance(value, str):
                found = region_of_zone(provider, value) if attribute == "zone" else same_place(value)
                if found is not None and (source == "provider" or looks_like_region(provider, found)):
                    return found, source
                value = self._unresolved(expression, names)
            if value is not None:
                return value, source
        return None, "provider"

    def _unresolved(self, expression: Any, names: tuple[str, ...]) -> Unknown:
        """What is made of more than the variable: its operators are not in the plan."""
        listed = as_map(expression).get("references")
        references = tuple(ref for ref in listed if isinstance(ref, str)) if isinstance(listed, list) else ()
        return Unknown(self._configuration.root_references(references, names))

    def _defaults(self, written: Mapping[str, Any], names: tuple[str, ...], provider: str) -> Mapping[str, Any] | Unknown | None:
        if provider == "google":
            expression = written.get("default_labels")
        else:
            expression = written.get("default_tags")
            block = next(iter(as_list(expression)), None)
            if isinstance(block, dict) and "references" not in block and "constant_value" not in block:
                expression = block.get("tags")
        if expression is None:
            return None
        value = self._configuration.resolve(expression, names)
        if isinstance(value, dict):
            return PartialMap({key: member for key, member in value.items() if member is not None})
        return value if isinstance(value, Unknown) or value is None else self._unresolved(expression, names)

    def _list(self, expression: Any, names: tuple[str, ...]) -> list[str]:
        value = self._configuration.resolve(expression, names) if expression is not None else None
        return [member for member in value if isinstance(member, str)] if isinstance(value, list) else []

    def _account(self, written: Mapping[str, Any], names: tuple[str, ...], provider: str) -> str | Unknown | None:
        if provider == "aws":
            return self._aws_account(written, names)
        attribute = {"google": "project", "azure": "subscription_id"}.get(provider)
        if attribute is None or attribute not in written:
            return None
        return text(self._configuration.resolve(written[attribute], names))

    def _aws_account(self, written: Mapping[str, Any], names: tuple[str, ...]) -> str | Unknown | None:
        """The only account that is allowed, else that of the role which is assumed last."""
        listed = written.get("allowed_account_ids")
        allowed = self._configuration.resolve(listed, names) if listed is not None else None
        if isinstance(allowed, list) and len(allowed) == 1 and isinstance(allowed[0], str):
            return allowed[0]
        roles = [role for name in ("assume_role_with_web_identity", "assume_role") for role in as_list(written.get(name))]
        for expression in (as_map(role).get("role_arn") for role in reversed(roles)):
            arn = self._configuration.resolve(expression, names) if expression else None
            if arn is not None:
                return arn if isinstance(arn, Unknown) else account_in_arn(arn) or self._unresolved(expression, names)
        return None if allowed is None or isinstance(allowed, list) else self._unresolved(listed, names)


def _referring(value: _Value | Unknown, label: str) -> _Value | Unknown:
    """The value; what is unknown without a reference (a function over constants) refers to the provider itself."""
    return Unknown((label,)) if isinstance(value, Unknown) and not value.references else value


def account_in_arn(arn: Any) -> str | None:
    """The account that an ARN names, or None: buckets and some others have none."""
    found = _ACCOUNT_IN_ARN.match(arn) if isinstance(arn, str) else None
    return found[1] if found else None
