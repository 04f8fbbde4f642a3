from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.normalise.terraform.addresses import Address, Step, parse_address, parse_steps

_NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_-]{0,8}", fullmatch=True).filter(lambda name: name not in {"module", "data"})
_KEYS = st.none() | st.integers(min_value=0, max_value=10**6) | st.text(max_size=12)
_STEPS = st.builds(Step, _NAMES, _KEYS)
_ADDRESSES = st.builds(Address, st.lists(_STEPS, max_size=3).map(tuple), _NAMES, _NAMES, _KEYS, st.booleans())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("aws_instance.gpu", Address((), "aws_instance", "gpu"), id="a lone resource"),
        pytest.param("aws_instance.gpu[12]", Address((), "aws_instance", "gpu", 12), id="count"),
        pytest.param('aws_instance.gpu["a.b"]', Address((), "aws_instance", "gpu", "a.b"), id="a key with a dot"),
        pytest.param('aws_instance.gpu["x[0]"]', Address((), "aws_instance", "gpu", "x[0]"), id="a key with brackets"),
        pytest.param(r'aws_instance.gpu["say \"hi\""]', Address((), "aws_instance", "gpu", 'say "hi"'), id="a key with quotes"),
        pytest.param(r'aws_instance.gpu["back\\slash"]', Address((), "aws_instance", "gpu", "back\\slash"), id="a key with a backslash"),
        pytest.param('aws_instance.gpu["größe-ü"]', Address((), "aws_instance", "gpu", "größe-ü"), id="a key outside ASCII"),
        pytest.param(r'aws_instance.gpu["\u00e9"]', Address((), "aws_instance", "gpu", "é"), id="a key with an escaped letter"),
        pytest.param('aws_instance.gpu["$${x}"]', Address((), "aws_instance", "gpu", "${x}"), id="a key with an escaped template"),
        pytest.param('aws_instance.gpu[""]', Address((), "aws_instance", "gpu", ""), id="an empty key"),
        pytest.param(
            'module.lab["a.b"].module.desk[0].aws_instance.seat["module.x.y"]',
            Address((Step("lab", "a.b"), Step("desk", 0)), "aws_instance", "seat", "module.x.y"),
            id="nested modules with keys",
        ),
        pytest.param("module.m.data.aws_ami.x", Address((Step("m"),), "aws_ami", "x", is_data=True), id="a data source in a module"),
        pytest.param("module.m", None, id="a module is no resource"),
        pytest.param("aws_instance", None, id="no name"),
        pytest.param("", None, id="nothing"),
        pytest.param('aws_instance.gpu["open', None, id="a key that does not end"),
        pytest.param("aws_instance.gpu[x]", None, id="a key that is neither number nor text"),
        pytest.param("aws_instance..gpu", None, id="an empty part"),
    ],
)
def test_an_address_is_taken_apart_by_its_grammar(text: str, expected: Address | None) -> None:
    assert parse_address(text) == expected


@given(_ADDRESSES)
def test_an_address_reads_back_as_it_was_written(address: Address) -> None:
    assert parse_address(str(address)) == address


@given(st.text(alphabet='ab.[]"\\0${%u', max_size=24))
def test_no_text_breaks_the_tokenizer(text: str) -> None:
    parse_address(text)
    parse_steps(text)


def test_a_second_key_is_a_part_of_its_own() -> None:
    assert parse_steps('module.vpc.subnets["a"][0]') == (Step("module"), Step("vpc"), Step("subnets", "a"), Step("", 0))


def test_the_configuration_block_has_no_keys() -> None:
    address = parse_address('module.lab["a.b"].aws_instance.seat["x"]')

    assert address is not None
    assert (address.module_names, address.block) == (("lab",), "aws_instance.seat")
