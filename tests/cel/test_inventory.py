"""Which Kubernetes version has what: pinned, so that a change of a version is seen.

The API server's own environments of 1.25 to 1.36 compiled the expressions (k8s.io/apiserver 0.36.3); `includes` is read from 0.37.2.
"""

from __future__ import annotations

import pytest

from guardrail.cel import CompileError, Environment, Library
from guardrail.cel.inventory import LATEST, MACROS, overloads, version_key

ENVIRONMENT = Environment({"object": "dyn"})
VERSIONS = [f"1.{minor}" for minor in range(25, 38)]

EXPRESSIONS: list[tuple[str, str | None]] = [
    ("'a'.charAt(0)=='a'", "1.25"),
    ("['a'].join()==''", "1.25"),
    ("url('http://a').getHost()==''", "1.25"),
    ("'a'.find('a')==''", "1.25"),
    ("[1].sum()==1", "1.25"),
    ("[1].isSorted()", "1.25"),
    ("object.a<1", "1.25"),
    ("duration('1s').getHours()==1", "1.25"),
    ("[1].exists_one(x,x==1)", "1.25"),
    ("'a'.lowerAscii()=='a'", "1.25"),
    ("'a b'.split(' ')==['a']", "1.25"),
    ("[1.5].min()==1.5", "1.25"),
    ("['a'].indexOf('a')==0", "1.25"),
    ("bool('true')", "1.25"),
    ("string(1u)=='1'", "1.25"),
    ("b'a'.size()==1", "1.25"),
    ("type(1)==int", "1.25"),
    ("[1].first().hasValue()", "1.28"),
    ("[1].last().hasValue()", "1.28"),
    ("object.?a.hasValue()", "1.28"),
    ("optional.of(1).optMap(x,x).hasValue()", "1.28"),
    ("optional.unwrap([optional.of(1)])==[1]", "1.28"),
    ("[optional.of(1)].unwrapOpt()==[1]", "1.28"),
    ("isQuantity('1')", "1.28"),
    ("1<1.5", "1.28"),
    ("quantity('1').add(1)==quantity('2')", "1.28"),
    ("optional.none().or(optional.of(1)).hasValue()", "1.28"),
    ("optional.ofNonZeroValue(0).hasValue()", "1.28"),
    ("'a'.format([])=='a'", "1.29"),
    ("strings.quote('a')==''", "1.29"),
    ("sets.contains([1],[1])", "1.29"),
    ("'%s'.format(['a'])=='a'", "1.29"),
    ("ip('1.1.1.1').family()==4", "1.30"),
    ("cidr('10.0.0.0/8').containsIP('10.1.1.1')", "1.30"),
    ("ip.isCanonical('1.1.1.1')", "1.30"),
    ("cidr('10.0.0.0/8').ip()==ip('10.0.0.0')", "1.30"),
    ("format.dns1123Label().validate('a').hasValue()", "1.31"),
    ("[1].all(i,x,x==1)", "1.32"),
    ("[1].transformList(i,x,x)==[1]", "1.32"),
    ("{1:2}.transformMapEntry(k,v,{v:k})=={2:1}", "1.32"),
    ("[1].exists_one(i,x,x==1)", "1.32"),
    ("[1].existsOne(i,x,x==1)", "1.32"),
    ("semver('1.2.3').major()==1", "1.33"),
    ("isSemver('1.2.3')", "1.33"),
    ("semver('v1.2',true).major()==1", "1.33"),
    ("[1].slice(0,1)==[1]", "1.34"),
    ("[[1]].flatten()==[1]", "1.34"),
    ("lists.range(3)==[0]", "1.34"),
    ("[1].sort()==[1]", "1.34"),
    ("[1].sortBy(x, x)==[1]", "1.34"),
    ("[1].distinct()==[1]", "1.34"),
    ("[1].reverse()==[1]", "1.34"),
    ("[1].includes(1)", "1.37"),
    ("'a'.reverse()==''", None),
    ("math.ceil(1.5)==2.0", None),
    ("base64.encode(b'a')==''", None),
    ("cel.bind(x,1,x==1)", None),
    ("[1].existsOne(x,x==1)", None),
    ("object.`a-b`==1", None),
    ("[1,'a']==[]", None),
]


@pytest.mark.parametrize(("expression", "version"), EXPRESSIONS)
def test_minimum_version_is_that_of_the_api_server(expression: str, version: str | None) -> None:
    assert ENVIRONMENT.compile(expression).minimum_version == version


@pytest.mark.parametrize(("expression", "version"), EXPRESSIONS)
def test_a_strict_environment_compiles_from_that_version_on(expression: str, version: str | None) -> None:
    for candidate in VERSIONS:
        has = version is not None and version_key(version) <= version_key(candidate)
        strict = Environment({"object": "dyn"}, version=candidate, strict=True)
        if has:
            assert strict.compile(expression).minimum_version == version
        else:
            with pytest.raises(CompileError):
                strict.compile(expression)


def test_requirements_have_a_place() -> None:
    required = ENVIRONMENT.compile("quantity('1') == null ||\n  glob('a', object.name)").requirements
    assert [(item.what, item.since, item.line, item.column) for item in required] == [("quantity()", "1.28", 1, 9), ("glob()", None, 2, 7)]


def test_functions_of_a_callers_library_are_not_in_kubernetes() -> None:
    library = Library("mine")
    library.add("twice(int) -> int", "twice_int", lambda number: 2 * number)
    assert Environment(functions=[library]).compile("twice(2)").minimum_version is None


INVENTORY = {
    "1.25": """
        (bytes).size (google.protobuf.Duration).getHours (google.protobuf.Duration).getMilliseconds
        (google.protobuf.Duration).getMinutes (google.protobuf.Duration).getSeconds (google.protobuf.Timestamp).getDate
        (google.protobuf.Timestamp).getDayOfMonth (google.protobuf.Timestamp).getDayOfWeek
        (google.protobuf.Timestamp).getDayOfYear (google.protobuf.Timestamp).getFullYear
        (google.protobuf.Timestamp).getHours (google.protobuf.Timestamp).getMilliseconds
        (google.protobuf.Timestamp).getMinutes (google.protobuf.Timestamp).getMonth
        (google.protobuf.Timestamp).getSeconds (kubernetes.URL).getEscapedPath (kubernetes.URL).getHost
        (kubernetes.URL).getHostname (kubernetes.URL).getPort (kubernetes.URL).getQuery (kubernetes.URL).getScheme
        (list).indexOf (list).isSorted (list).join (list).lastIndexOf (list).max (list).min (list).size (list).sum
        (map).size (string).charAt (string).contains (string).endsWith (string).find (string).findAll (string).indexOf
        (string).lastIndexOf (string).lowerAscii (string).matches (string).replace (string).size (string).split
        (string).startsWith (string).substring (string).trim (string).upperAscii .all:2 .exists:2 .exists_one:2 .filter:2
        .map:2 .map:3 bool bytes double duration dyn has:1 int isURL matches size string timestamp type uint url
    """,
    "1.27": """
        (kubernetes.authorization.Authorizer).group (kubernetes.authorization.Authorizer).path
        (kubernetes.authorization.Authorizer).serviceAccount (kubernetes.authorization.Decision).allowed
        (kubernetes.authorization.Decision).reason (kubernetes.authorization.GroupCheck).resource
        (kubernetes.authorization.PathCheck).check (kubernetes.authorization.ResourceCheck).check
        (kubernetes.authorization.ResourceCheck).name (kubernetes.authorization.ResourceCheck).namespace
        (kubernetes.authorization.ResourceCheck).subresource
    """,
    "1.28": """
        (kubernetes.Quantity).add (kubernetes.Quantity).asApproximateFloat (kubernetes.Quantity).asInteger
        (kubernetes.Quantity).compareTo (kubernetes.Quantity).isGreaterThan (kubernetes.Quantity).isInteger
        (kubernetes.Quantity).isLessThan (kubernetes.Quantity).sub (kubernetes.authorization.Decision).error
        (kubernetes.authorization.Decision).errored (list).first (list).last (list).unwrapOpt (optional_type).hasValue
        (optional_type).or (optional_type).orValue (optional_type).value .optFlatMap:2 .optMap:2 isQuantity optional.none
        optional.of optional.ofNonZeroValue optional.unwrap quantity sign
    """,
    "1.29": """
        (string).format sets.contains sets.equivalent sets.intersects strings.quote
    """,
    "1.30": """
        (net.CIDR).containsCIDR (net.CIDR).containsIP (net.CIDR).ip (net.CIDR).masked (net.CIDR).prefixLength
        (net.IP).family (net.IP).isGlobalUnicast (net.IP).isLinkLocalMulticast (net.IP).isLinkLocalUnicast
        (net.IP).isLoopback (net.IP).isUnspecified cidr ip ip.isCanonical isCIDR isIP string
    """,
    "1.31": """
        (kubernetes.NamedFormat).validate (kubernetes.authorization.ResourceCheck).fieldSelector
        (kubernetes.authorization.ResourceCheck).labelSelector format.byte format.date format.datetime
        format.dns1035Label format.dns1035LabelPrefix format.dns1123Label format.dns1123LabelPrefix
        format.dns1123Subdomain format.dns1123SubdomainPrefix format.labelValue format.named format.qualifiedName
        format.uri format.uuid
    """,
    "1.32": """
        .all:3 .exists:3 .existsOne:3 .exists_one:3 .transformList:3 .transformList:4 .transformMap:3 .transformMap:4
        .transformMapEntry:3 .transformMapEntry:4
    """,
    "1.33": """
        (kubernetes.Semver).compareTo (kubernetes.Semver).isGreaterThan (kubernetes.Semver).isLessThan
        (kubernetes.Semver).major (kubernetes.Semver).minor (kubernetes.Semver).patch isSemver semver
    """,
    "1.34": """
        (list).distinct (list).flatten (list).reverse (list).slice (list).sort .sortBy:2 lists.range
    """,
    "1.37": """
        (dyn).includes
    """,
    "": """
        (string).reverse .bind:3 .existsOne:2 .least:* base64.decode base64.encode editDistance glob math.abs math.bitAnd
        math.bitNot math.bitOr math.bitShiftLeft math.bitShiftRight math.bitXor math.ceil math.floor math.greatest
        math.isFinite math.isInf math.isNaN math.least math.round math.sign math.sqrt math.trunc nearest show
    """,
}


def test_inventory_is_the_pinned_one() -> None:
    found: dict[str, set[str]] = {}
    for overload in overloads():
        if overload.function[0].isalpha():
            name = f"({overload.params[0].name}).{overload.function}" if overload.member else overload.function
            found.setdefault(overload.since, set()).add(name)
    for key, since in MACROS.items():
        found.setdefault(since, set()).add(key)
    assert found == {since: set(names.split()) for since, names in INVENTORY.items()}


def test_every_overload_is_documented_and_has_its_own_id() -> None:
    found = overloads()
    assert [overload.signature for overload in found if not overload.doc] == []
    assert len({overload.id for overload in found}) == len(found)


def test_no_version_is_after_the_latest() -> None:
    assert all(version_key(since) <= version_key(LATEST) for since in INVENTORY if since)
