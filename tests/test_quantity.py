from __future__ import annotations

import json
import os
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrail.quantity import QuantityError, parse_quantity

CORPUS = Path(os.environ.get("GUARDRAIL_CORPUS", "../shared/corpus"))


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        pytest.param("0", 0, id="nought"),
        pytest.param("1500m", Fraction(3, 2), id="thousandths"),
        pytest.param("250u", Fraction(1, 4000), id="millionths"),
        pytest.param("7n", Fraction(7, 10**9), id="billionths"),
        pytest.param("2k", 2000, id="a small k is a thousand"),
        pytest.param("3M", 3 * 10**6, id="millions"),
        pytest.param("1E", 10**18, id="a bare E is exa"),
        pytest.param("1E3", 1000, id="an E before digits is an exponent"),
        pytest.param("1e3", 1000, id="a small e is an exponent"),
        pytest.param("1E+3", 1000, id="an exponent may be signed"),
        pytest.param("25e-2", Fraction(1, 4), id="an exponent may be negative"),
        pytest.param("1Ki", 1024, id="binary kilo"),
        pytest.param("1.5Gi", 3 * 2**29, id="a fraction of a binary unit"),
        pytest.param("16Ei", 2**63 - 1, id="binary amounts stop at the largest 64-bit number"),
        pytest.param("1e-10", Fraction(1, 10**9), id="what is finer than a billionth is rounded up to it"),
        pytest.param("-1e-10", Fraction(-1, 10**9), id="rounding goes away from nought"),
        pytest.param("+5", 5, id="a plus sign"),
        pytest.param("-5", -5, id="a minus sign"),
        pytest.param(".5", Fraction(1, 2), id="no digit before the point"),
        pytest.param("5.", 5, id="no digit after the point"),
        pytest.param("007", 7, id="leading noughts are decimal"),
        pytest.param("  2Gi\n", 2**31, id="white space around the text is cut, as the API server does"),
        pytest.param("0e1000000", 0, id="nought stays nought under any exponent"),
        pytest.param(4, 4, id="a whole number"),
        pytest.param(0.25, Fraction(1, 4), id="a decimal number"),
        pytest.param(0.1, Fraction(1, 10), id="a decimal number means its shortest text"),
        pytest.param(1e21, 10**21, id="a number that is printed with an exponent"),
    ],
)
def test_a_quantity_means_an_exact_amount(value: object, amount: Fraction) -> None:
    assert parse_quantity(value) == amount


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("", "an empty text", id="empty"),
        pytest.param("one", "'one' is no quantity", id="a word"),
        pytest.param("1.1.M", "is no quantity", id="two points"),
        pytest.param("1 Gi", "is no quantity", id="a space inside"),
        pytest.param("10Mo", "is no quantity", id="a unit of another language"),
        pytest.param("0.1mi", "the suffix 'mi' does not exist", id="milli is not mi"),
        pytest.param("1i", "the suffix 'i' does not exist", id="half a suffix"),
        pytest.param("1e", "the suffix 'e' does not exist", id="an exponent without digits"),
        pytest.param("1e1000000", "its exponent is too large", id="an exponent that nothing can hold"),
        pytest.param("9" * 1000, "too long", id="a text without end"),
        pytest.param("٣", "is no quantity", id="digits of another script"),
        pytest.param(True, "true or false is no quantity", id="a boolean"),
        pytest.param(None, "nothing is no quantity", id="nothing"),
        pytest.param(["1"], "a list is no quantity", id="a list"),
        pytest.param({"gpu": 1}, "a map is no quantity", id="a map"),
        pytest.param(float("nan"), "is no quantity", id="not a number"),
    ],
)
def test_what_the_api_server_refuses_is_an_error_that_says_why(value: object, message: str) -> None:
    with pytest.raises(QuantityError, match=re.escape(message)):
        parse_quantity(value)


@given(st.integers(-(10**30), 10**30))
def test_a_number_and_its_text_are_the_same_amount(number: int) -> None:
    assert parse_quantity(number) == parse_quantity(str(number)) == number


@given(st.decimals(0, 10**6, places=6), st.sampled_from(["", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi"]))
def test_a_suffix_multiplies(number: Any, suffix: str) -> None:
    units: dict[str, int | Fraction] = {
        "": 1,
        "m": Fraction(1, 1000),
        "k": 10**3,
        "M": 10**6,
        "G": 10**9,
        "T": 10**12,
        "Ki": 2**10,
        "Mi": 2**20,
        "Gi": 2**30,
    }
    exact = Fraction(number) * units[suffix]
    assert 0 <= parse_quantity(f"{number:f}{suffix}") - exact < Fraction(1, 10**9)


@given(st.text(alphabet="0123456789.eEinumkKMGTP+- ", max_size=12))
def test_any_text_is_an_amount_or_a_quantity_error(text: str) -> None:
    try:
        amount = parse_quantity(text)
    except QuantityError:
        return
    assert (amount * 10**9).denominator == 1
    if not text.strip().startswith(("+", "-")):
        assert parse_quantity("-" + text.strip()) == -amount


def test_the_answers_recorded_from_an_api_server() -> None:
    recorded = CORPUS / "apiserver" / "cel-oracle-a.jsonl"
    if not recorded.exists():
        pytest.skip("the corpus is not here; set GUARDRAIL_CORPUS")
    call = re.compile(r"(is)?[qQ]uantity\('([^' ]*)'\)(\.asApproximateFloat\(\))?")
    rows = [json.loads(line) for line in recorded.read_text("utf-8").splitlines()]
    asked = [(row, found) for row in rows if (found := call.fullmatch(row["expr"])) and "value" in row]
    assert asked
    for row, found in asked:
        if found[1]:
            assert _reads(found[2]) is row["value"], row["expr"]
        elif found[3]:
            assert float(parse_quantity(found[2])) == row["value"], row["expr"]
        else:
            assert parse_quantity(found[2]) == parse_quantity(row["value"]["$quantity"]), row["expr"]


def _reads(text: str) -> bool:
    try:
        parse_quantity(text)
    except QuantityError:
        return False
    return True
