"""What holds for every test: a cache of its own, so that the user's is neither read nor written."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    before = os.environ.get("GUARDRAIL_CACHE_DIR")
    os.environ["GUARDRAIL_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache") / "guardrail")
    yield
    if before is None:
        del os.environ["GUARDRAIL_CACHE_DIR"]
    else:
        os.environ["GUARDRAIL_CACHE_DIR"] = before
