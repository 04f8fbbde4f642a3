from __future__ import annotations

from fractions import Fraction

import pytest

from guardrail.catalogue.instances import instance_type
from guardrail.catalogue.places import canonical_region, is_placeless, members_of_multi_region, region_of_zone
from guardrail.catalogue.resource_types import resource_type


@pytest.mark.parametrize(
    ("provider", "name", "accelerator", "count"),
    [
        pytest.param("aws", "p5.48xlarge", "h100", Fraction(8), id="eight devices"),
        pytest.param("aws", "g6f.large", "l4", Fraction(1, 8), id="a share of a device"),
        pytest.param("aws", "m7i-flex.large", None, Fraction(0), id="a family without accelerators"),
        pytest.param("google", "a2-highgpu-1g", "nvidia-tesla-a100", Fraction(1), id="accelerators in the machine type"),
        pytest.param("google", "n2-custom-4-8192", None, Fraction(0), id="a custom machine type"),
        pytest.param("azure", "STANDARD_NV6ADS_A10_V5", "A10", Fraction(1, 6), id="without case"),
        pytest.param("azure", "Standard_D4s_v5", None, Fraction(0), id="an ordinary size"),
        pytest.param("azure", "Standard_ND96is_H100_v5", "H100", None, id="a number that nobody publishes"),
    ],
)
def test_an_instance_type_says_its_accelerators(provider: str, name: str, accelerator: str | None, count: Fraction | None) -> None:
    found = instance_type(provider, name)

    assert found is not None
    assert (found.accelerator, found.count) == (accelerator, count)


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        pytest.param("aws", "p99.48xlarge", id="a family of tomorrow"),
        pytest.param("aws", "f1.2xlarge", id="FPGAs"),
        pytest.param("aws", "m5", id="a family alone"),
        pytest.param("google", "g2-custom-4-8192", id="a custom size of a family with accelerators"),
        pytest.param("azure", "Standard_NX1", id="an unknown size"),
        pytest.param("oracle", "BM.GPU4.8", id="another cloud"),
        pytest.param("aws", "", id="nothing"),
    ],
)
def test_a_type_that_is_not_known_is_unknown_and_never_none(provider: str, name: str) -> None:
    assert instance_type(provider, name) is None


@pytest.mark.parametrize(
    ("provider", "zone", "region"),
    [
        pytest.param("aws", "eu-central-1a", "eu-central-1", id="a zone"),
        pytest.param("aws", "use1-az4", "us-east-1", id="a zone id"),
        pytest.param("aws", "us-west-2-lax-1a", "us-west-2", id="a local zone belongs to its parent"),
        pytest.param(None, "europe-west4-a", "europe-west4", id="without a provider"),
        pytest.param("azure", "westeurope-1", "westeurope", id="a node label of Azure"),
        pytest.param("aws", "eu-central-1", None, id="a region is no zone"),
        pytest.param("aws", "eu-central-1aa", None, id="a longer name is another one"),
        pytest.param("aws", "europe-west4-a", None, id="a zone of another cloud"),
    ],
)
def test_a_zone_belongs_to_one_region(provider: str | None, zone: str, region: str | None) -> None:
    assert region_of_zone(provider, zone) == region


def test_locations_are_compared_as_whole_names() -> None:
    assert canonical_region("azure", "West Europe") == "westeurope"
    assert canonical_region("google", "EUROPE-WEST4") == "europe-west4"
    assert canonical_region(None, "EU") is None
    assert canonical_region("aws", "westeurope") is None


def test_a_multi_region_has_members() -> None:
    assert members_of_multi_region("google", "NAM4") == ("us-central1", "us-east1")
    assert "europe-west2" not in (members_of_multi_region("google", "EU") or ())
    assert members_of_multi_region("google", "australia-southeast1") is None
    assert is_placeless("azure", "Global")
    assert not is_placeless("aws", "eu-central-1")


def test_a_type_says_what_it_is() -> None:
    notebook, nobody = resource_type("aws_sagemaker_notebook_instance"), resource_type("aws_thing_of_tomorrow")

    assert (notebook.class_, notebook.controller, notebook.billable, notebook.workload_type) == ("notebook", "instance", True, "notebook")
    assert (nobody.class_, nobody.controller, nobody.listed, nobody.tags) == ("other", "none", False, None)
