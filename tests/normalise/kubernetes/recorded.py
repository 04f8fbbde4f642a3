"""What a real API server made of manifests of the corpus."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from guardrail.model import KubernetesObject

__all__ = ["defaulted"]


def defaulted(corpus: Path, objects: Iterable[KubernetesObject]) -> Iterator[tuple[Any, Any]]:
    """Objects as written and as the server made them; of `objects` those that are recorded."""
    by_place = {(one.origin.path, one.origin.document): one.value for one in objects if not one.origin.pointer}
    with gzip.open(corpus / "apiserver" / "defaulted.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            written = by_place.get((str(corpus / "manifests" / row["path"]), row["doc"]))
            if row["ok"] and written is not None and written.get("kind") == row["kind"]:
                yield written, row["object"]
