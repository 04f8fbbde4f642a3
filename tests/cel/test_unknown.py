from __future__ import annotations

import pytest

from guardrail.cel.unknown import PartialMap, Unknown


def test_references_are_a_set_in_order() -> None:
    assert Unknown(["b", "a", "b"]).references == ("a", "b")
    assert Unknown(["b"]) | Unknown(["a"]) == Unknown(["a", "b"])


def test_an_unknown_is_neither_true_nor_false() -> None:
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(Unknown(["x"]))


@pytest.mark.parametrize(
    ("key", "presence"),
    [
        pytest.param("team", True, id="a key that is listed exists"),
        pytest.param("model", True, id="a key with an unknown value exists"),
        pytest.param("project", Unknown(["run:namespace"]), id="a key that may come"),
        pytest.param("other", False, id="a key that nobody knows does not exist in a closed map"),
    ],
)
def test_presence_in_a_closed_map(key: str, presence: bool | Unknown) -> None:
    tags = PartialMap({"team": "vision", "model": Unknown(["var.model"])}, maybe={"project": Unknown(["run:namespace"])})
    assert tags.presence(key) == presence


def test_an_open_map_knows_only_what_it_lists() -> None:
    tags = PartialMap({"team": "vision"}, unlisted=Unknown(["local.tags"]))
    assert tags.presence("team") is True
    assert tags.presence("other") == Unknown(["local.tags"])
    assert tags.lookup("other") == Unknown(["local.tags"])
    assert tags.doubt == Unknown(["local.tags"])


def test_a_key_that_is_known_is_no_longer_in_doubt() -> None:
    tags = PartialMap({"team": "vision"}, maybe={"team": Unknown(["run:namespace"])})
    assert tags.doubt is None


def test_looking_up_what_is_surely_missing_is_an_error() -> None:
    with pytest.raises(KeyError):
        PartialMap({"team": "vision"}).lookup("other")
