"""The engine keeps the conformance it has; measured where the corpus is at hand."""

from __future__ import annotations

import pytest

from tests.conformance.run import SUITES, corpus, counts

LEAST = {
    "specification": 100.0,
    "kubernetes-facts": 99.6,
    "kubernetes-costs": 100.0,
    "api-server": 99.8,
    "api-server-costs": 99.9,
    "static-types": 99.8,
    "typed-admission": 99.0,
}


@pytest.mark.parametrize("suite", SUITES)
def test_the_share_of_cases_that_pass(suite: str) -> None:
    found = counts(suite)
    if not found:
        pytest.skip(f"no corpus at {corpus()}")
    assert 100 * found["passed"] / (found["passed"] + found["failed"]) >= LEAST[suite]
