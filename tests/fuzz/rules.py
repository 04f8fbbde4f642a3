"""What expressions are made of: leaves and templates by type.

`{int}` is an expression of that type, `{bool|int}` one in which the variable `$` of type int may be read.
"""

from __future__ import annotations

__all__ = ["LEAVES", "RULES"]

LEAVES: dict[str, tuple[str, ...]] = {
    "bool": ("true", "false"),
    "int": ("1", "0", "2", "-1", "7", "9223372036854775807", "-9223372036854775808", "0x1F"),
    "uint": ("1u", "0u", "3u", "18446744073709551615u"),
    "double": ("1.5", "0.0", "-0.0", "1.0", "1e308", "0.1", "9007199254740993.0", "1e19"),
    "string": ("'a'", "''", "'team'", "'é😀'", '"it\'s"', r"'\n\t\x41'", "r'\\d'", "'A,b,c'", "' x '", "'10'", "'-1.5'", "'true'", "'İı'"),
    "bytes": ("b'a'", "b''", r"b'\xff\x00'", "b'é'"),
    "duration": ("duration('1h')", "duration('-1.5s')", "duration('0s')", "duration('100000h')", "duration('1ms')"),
    "timestamp": (
        "timestamp('2024-02-29T12:34:56Z')",
        "timestamp('1970-01-01T00:00:00Z')",
        "timestamp('9999-12-31T23:59:59Z')",
        "timestamp('0001-01-01T00:00:00Z')",
        "timestamp('2024-03-10T02:30:00.5+05:30')",
    ),
    "type": ("int", "string", "double", "bool", "uint", "bytes", "list", "map", "type", "null_type"),
    "list_int": ("[1, 2]", "[3, 1, 2, 1]", "[0]"),
    "list_string": ("['a', 'b']", "['b', '', 'a', 'b']"),
    "list_any": ("[dyn(1), 1.0, 1u]", "[dyn('a'), null, true]", "[[dyn(1)], [dyn('x')]]"),
    "map_int": ("{'a': 1, 'b': 2}", "{'': 0}"),
    "map_any": ("{'a': dyn(1), 'b': dyn('x')}", "{dyn(1): 'one', dyn('b'): null}", "{true: 'yes', false: 'no'}", "{1u: 1, 2u: 2}"),
    "null": ("null",),
    "dyn": (
        *("object.a", "object.b", "object.c", "object.a.b", "object.b.c", "object", "object.a[0]", "object['b']", "object.c[1].a"),
        *("dyn(1)", "dyn('a')", "dyn(null)", "dyn([1])", "dyn(1.5)", "dyn({'a': 1})", "dyn(2u)"),
    ),
    "index": ("0", "1", "2", "-1", "5"),
    "pattern": ("'a'", "'^[a-z]+$'", "''", "'(a|b)*c'", r"r'\d+'", "'(?i)TEAM'", r"'\\pL'", "'.'"),
    "zone": ("'UTC'", "'Europe/Berlin'", "'-08:00'", "'05:30'", "'America/New_York'"),
}
"""The first of each is the simplest."""

_ORDER = ("<", "<=", ">", ">=", "==", "!=")
_LISTS = (("list_int", "int"), ("list_string", "string"), ("list_any", "dyn"))
_FIELDS = ("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getHours", "getMinutes", "getSeconds")


def _branches(kind: str) -> tuple[str, ...]:
    """What every type has."""
    return (
        f"({{bool}} ? {{{kind}}} : {{{kind}}})",
        f"cel.bind($, {{int}}, {{{kind}|int}})",
        f"[{{{kind}}}][0]",
        "{'k': " + f"{{{kind}}}" + "}.k",
        f"optional.of({{{kind}}}).orValue({{{kind}}})",
    )


RULES: dict[str, tuple[str, ...]] = {
    "bool": (
        *(f"({{{kind}}} {operator} {{{kind}}})" for kind in ("int", "double", "string", "uint", "bytes") for operator in _ORDER),
        *(f"({{{kind}}} {operator} {{{kind}}})" for kind in ("bool", "timestamp", "duration") for operator in ("<", ">=", "==")),
        *(
            f"(dyn({{{left}}}) {operator} {{{right}}})"
            for left in ("int", "uint", "double")
            for right in ("dyn", "double")
            for operator in _ORDER
        ),
        *("(dyn({any}) == {any})", "(dyn({any}) != {any})", "({list_int} == {list_int})", "({map_int} == {map_int})") * 3,
        *("({list_any} == {list_any})", "(dyn({list_any}) == {list_int})", "({map_any} == dyn({map_int}))"),
        *("({bool} && {bool})", "({bool} || {bool})", "!({bool})", "({bool} && {dyn})", "({dyn} || {bool})") * 4,
        *("({int} in {list_int})", "({string} in {list_string})", "(dyn({any}) in {list_any})", "({string} in {map_int})"),
        *("(dyn({any}) in {map_any})", "({string} in {dyn})", "({dyn} in {list_any})"),
        *(f"{{string}}.{name}({{string}})" for name in ("contains", "startsWith", "endsWith")),
        *("{string}.matches({pattern})", "has({map_int}.a)", "has(object.a)", "has(object.a.b)", "has({map_any}.b)"),
        *("type({any}) == {type}", "type({dyn}) == type({any})", "bool({string})", "bool({bool})"),
        *(f"{{{kind}}}.{macro}($, {{bool|{inner}}})" for kind, inner in _LISTS for macro in ("all", "exists", "exists_one")),
        *(f"{{map_int}}.{macro}($, {{bool|string}})" for macro in ("all", "exists", "exists_one")),
        "{dyn}.all($, {bool|dyn})",
        "{dyn}.exists($, {bool|dyn})",
        *(f"sets.{name}({{list_int}}, {{list_int}})" for name in ("contains", "equivalent", "intersects")),
        *("math.isNaN({double})", "math.isInf({double})", "math.isFinite({double})", "[{bool}].exists($, {bool|bool})"),
        *("optional.of({int}).hasValue()", "{map_int}[?'a'].hasValue()", "object.?a.hasValue()", "object.?a.?b.hasValue()"),
        *_branches("bool"),
    ),
    "int": (
        *(f"({{int}} {operator} {{int}})" for operator in "+-*/%"),
        *("-({int})", "int({double})", "int({uint})", "int({string})", "int({timestamp})", "int({int})"),
        *("size({string})", "size({bytes})", "size({list_any})", "{map_any}.size()", "{string}.size()", "{dyn}.size()", "size({dyn})"),
        *("{list_int}[{index}]", "{map_int}.a", "{map_int}['b']", "{map_int}[{string}]"),
        *(f"{{timestamp}}.{name}()" for name in _FIELDS),
        *(f"{{timestamp}}.{name}({{zone}})" for name in _FIELDS),
        *(f"{{duration}}.{name}()" for name in ("getHours", "getMinutes", "getSeconds", "getMilliseconds")),
        *("{string}.indexOf({string})", "{string}.lastIndexOf({string})", "{string}.indexOf({string}, {index})"),
        *("math.abs({int})", "math.greatest({int}, {int})", "math.least({list_int})", "math.sign({int})"),
        *(
            "math.bitAnd({int}, {int})",
            "math.bitXor({int}, {int})",
            "math.bitShiftLeft({int}, {index})",
            "math.bitShiftRight({int}, {index})",
        ),
        *_branches("int"),
    ),
    "uint": (
        *(f"({{uint}} {operator} {{uint}})" for operator in "+-*/%"),
        *("uint({int})", "uint({double})", "uint({string})", "math.greatest({uint}, {uint})", "{map_any}[1]"),
        *_branches("uint"),
    ),
    "double": (
        *(f"({{double}} {operator} {{double}})" for operator in "+-*/"),
        *("-({double})", "double({int})", "double({uint})", "double({string})"),
        *(f"math.{name}({{double}})" for name in ("ceil", "floor", "round", "trunc", "abs", "sign", "sqrt")),
        "math.least({double}, {double})",
        *_branches("double"),
    ),
    "string": (
        *("({string} + {string})",) * 4,
        *(f"string({{{kind}}})" for kind in ("int", "uint", "double", "bool", "string", "bytes", "timestamp", "duration")),
        *("{string}.lowerAscii()", "{string}.upperAscii()", "{string}.trim()", "{string}.reverse()", "strings.quote({string})"),
        *("{string}.substring({index})", "{string}.substring({index}, {index})", "{string}.charAt({index})"),
        *("{string}.replace({string}, {string})", "{string}.replace({string}, {string}, {index})"),
        *("{list_string}.join({string})", "{list_string}.join()", "{list_string}[{index}]"),
        *("'%s'.format([{any}])", "'%d|%s'.format([{int}, {string}])", "'%.2f'.format([{double}])", "'%x'.format([{int}])"),
        *_branches("string"),
    ),
    "bytes": ("({bytes} + {bytes})", "bytes({string})", "bytes({bytes})", *_branches("bytes")),
    "duration": (
        *("({duration} + {duration})", "({duration} - {duration})", "({timestamp} - {timestamp})", "duration({string})"),
        "duration(string({duration}))",
        *_branches("duration"),
    ),
    "timestamp": (
        *("({timestamp} + {duration})", "({duration} + {timestamp})", "({timestamp} - {duration})", "timestamp({int})"),
        "timestamp(string({timestamp}))",
        *_branches("timestamp"),
    ),
    "type": ("type({any})", "type({dyn})", "type(type({int}))"),
    "list_int": (
        *("[{int}, {int}]", "({list_int} + {list_int})", "{list_int}.map($, {int|int})", "{list_int}.filter($, {bool|int})"),
        *("{list_string}.map($, {int|string})", "{list_int}.map($, {bool|int}, {int|int})", "{map_int}.map($, {int|string})"),
        *(
            "{list_int}.sort()",
            "{list_int}.distinct()",
            "{list_int}.reverse()",
            "{list_int}.slice({index}, {index})",
            "lists.range({index})",
        ),
        *("[[{int}], {list_int}].flatten()", "{list_int}.sortBy($, {int|int})", "{list_int}.transformList($, $_, {int|int})"),
        *("[?optional.of({int}), ?optional.none()]", "[{int}].map($, {int|int})"),
    ),
    "list_string": (
        *("[{string}]", "[{string}, {string}]", "{list_string}.map($, {string|string})", "{list_string}.filter($, {bool|string})"),
        *("{string}.split({string})", "{string}.split({string}, {index})", "{list_string}.sort()", "{map_int}.map($, $)"),
        *("({list_string} + {list_string})", "{list_string}.sortBy($, size($))", "{map_int}.filter($, {bool|string})"),
    ),
    "list_any": (
        *("[dyn({any}), {any}]", "({list_any} + {list_any})", "{list_any}.filter($, {bool|dyn})", "{list_any}.map($, {any|dyn})"),
        *("[{list_any}]", "{dyn}.map($, {any|dyn})", "{dyn}.filter($, {bool|dyn})", "{list_any}.distinct()", "{map_any}.map($, $)"),
    ),
    "map_int": (
        *("{'a': {int}, 'b': {int}}", "{{string}: {int}}", "{?'a': optional.of({int}), 'c': {int}}"),
        *("{list_int}.transformMap($, $_, {int|int})", "{map_int}.transformMap($, $_, {int|string})"),
    ),
    "map_any": ("{'a': dyn({any}), 'b': {any}}", "{{int}: {any}}", "{{bool}: {int}}", "{{uint}: {string}}", "{'a': {map_any}}"),
    "dyn": (
        *("{dyn}.a", "{dyn}[0]", "{dyn}['b']", "{dyn}[{string}]", "dyn({any})", "{list_any}[{index}]", "{map_any}[{int}]", "{map_any}.a"),
        *(f"({{dyn}} {operator} {{dyn}})" for operator in "+-*/%"),
        *("({bool} ? {any} : dyn({any}))", "object.?a.orValue({any})", "{dyn}[?0].orValue(dyn({any}))", "{list_any}.filter($, {bool|dyn})"),
    ),
}
