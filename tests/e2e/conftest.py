"""One control plane and one webhook for all tests here; without the programs they are skipped, or fail where E2E=required."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.e2e.assets import MissingError, assets
from tests.e2e.cluster import Cluster
from tests.e2e.installation import Installation

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if not os.environ.get("E2E"):
        pytest.skip("e2e runs by `make e2e`")
    try:
        programs = assets()
    except MissingError as missing:
        if os.environ["E2E"] == "required":
            raise
        pytest.skip(f"e2e skipped: {missing}")
    started = Cluster(programs, tmp_path_factory.mktemp("cluster"))
    started.start()
    yield started
    started.stop()


@pytest.fixture(scope="session")
def installed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    made = Installation(cluster, tmp_path_factory.mktemp("webhook"))
    made.install()
    made.serve()
    yield made
    made.stop()
