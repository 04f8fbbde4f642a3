"""IP addresses and CIDR blocks: `ip("10.0.0.1")`, `cidr("10.0.0.0/8")`."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from guardrail.cel.declarations import Library
from guardrail.cel.errors import ErrorKind, EvaluationFault
from guardrail.cel.operators import no_overload
from guardrail.cel.values import Opaque

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CIDR", "IP", "Address", "Block"]

IP = Library("kubernetes.net.ip", since="1.30")
CIDR = Library("kubernetes.net.cidr", since="1.30")

_Addr = ipaddress.IPv4Address | ipaddress.IPv6Address
_BITS = re.compile(r"0|[1-9][0-9]{0,2}", re.ASCII)
_V4, _V6 = 4, 6


class Address(Opaque):
    """An IP address."""

    __slots__ = ("address",)

    type_name = "net.IP"

    def __init__(self, address: _Addr) -> None:
        self.address = address

    @property
    def cost_size(self) -> int:
        """Bytes."""
        return self.address.max_prefixlen // 8

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.address == other.address

    def __hash__(self) -> int:
        return hash((Address, self.address))

    def __repr__(self) -> str:
        return f"ip('{self.address}')"


class Block(Opaque):
    """An address with a prefix length; the address keeps its host bits."""

    __slots__ = ("address", "bits")

    type_name = "net.CIDR"

    def __init__(self, address: _Addr, bits: int) -> None:
        self.address = address
        self.bits = bits

    @property
    def cost_size(self) -> int:
        """Bytes of the prefix, rounded up."""
        return -(-self.bits // 8)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Block) and self.address == other.address and self.bits == other.bits

    def __hash__(self) -> int:
        return hash((Block, self.address, self.bits))

    def __repr__(self) -> str:
        return f"cidr('{self}')"

    def __str__(self) -> str:
        return f"{self.address}/{self.bits}"

    def contains(self, address: _Addr) -> bool:
        """Whether an address shares the prefix."""
        shift = self.address.max_prefixlen - self.bits
        return self.address.version == address.version and int(self.address) >> shift == int(address) >> shift

    def masked(self) -> Block:
        """The block with its host bits cleared."""
        shift = self.address.max_prefixlen - self.bits
        return Block(type(self.address)(int(self.address) >> shift << shift), self.bits)


def _network(message: str) -> EvaluationFault:
    return EvaluationFault(ErrorKind.NETWORK, message)


def _parse(text: str) -> _Addr:
    """An address without a zone, not an IPv4 address mapped into IPv6. Raises ValueError."""
    if "%" in text:
        raise ValueError("zones are not allowed")
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        raise ValueError("IPv4-mapped IPv6 addresses are not allowed")
    return address


@IP.function("ip(string) -> net.IP", "string_to_ip")
def _ip(text: str) -> Address:
    """The address of a text."""
    try:
        return Address(_parse(text))
    except ValueError as error:
        raise _network(f'IP Address "{text[:60]}" parse error during conversion from string: {error}') from None


@CIDR.function("cidr(string) -> net.CIDR", "string_to_cidr")
def _cidr(text: str) -> Block:
    """The block of a text."""
    host, slash, bits = text.rpartition("/")
    try:
        address = _parse(host)
    except ValueError as error:
        raise _network(f'network address parse error during conversion from string: "{text[:60]}": {error}') from None
    if not slash or not _BITS.fullmatch(bits) or int(bits) > address.max_prefixlen:
        raise _network(f'network address parse error during conversion from string: "{text[:60]}": bad bits after slash')
    return Block(address, int(bits))


@IP.function("isIP(string) -> bool", "is_ip")
def _is_ip(text: str) -> bool:
    """Whether a text is an IP address."""
    try:
        _parse(text)
    except ValueError:
        return False
    return True


@CIDR.function("isCIDR(string) -> bool", "is_cidr")
def _is_cidr(text: str) -> bool:
    """Whether a text is a CIDR block."""
    try:
        _cidr(text)
    except EvaluationFault:
        return False
    return True


@IP.function("ip.isCanonical(string) -> bool", "ip_is_canonical")
def _is_canonical(text: str) -> bool:
    """Whether an address is written in its canonical form; an error if it is no address."""
    return str(_ip(text).address) == text


def _is_link_local_multicast(address: _Addr) -> bool:
    if address.version == _V4:
        return int(address) >> 8 == 0xE00000  # noqa: PLR2004 - 224.0.0.0/24
    return int(address) >> 112 & 0xFF0F == 0xFF02  # noqa: PLR2004 - ffx2::/16


def _is_link_local_unicast(address: _Addr) -> bool:
    if address.version == _V4:
        return int(address) >> 16 == 0xA9FE  # noqa: PLR2004 - 169.254.0.0/16
    return int(address) >> 118 == 0x3FA  # noqa: PLR2004 - fe80::/10


def _is_loopback(address: _Addr) -> bool:
    return int(address) >> 24 == 0x7F if address.version == _V4 else int(address) == 1  # noqa: PLR2004 - 127.0.0.0/8


def _is_global_unicast(address: _Addr) -> bool:
    """Neither unspecified, broadcast, loopback, multicast nor link-local; private addresses are."""
    if not int(address) or (address.version == _V4 and int(address) == 0xFFFFFFFF):  # noqa: PLR2004 - 255.255.255.255
        return False
    multicast = int(address) >> 28 == 0xE if address.version == _V4 else int(address) >> 120 == 0xFF  # noqa: PLR2004 - 224.0.0.0/4, ff00::/8
    return not (_is_loopback(address) or multicast or _is_link_local_unicast(address))


def _on_address(function: Callable[[_Addr], bool]) -> Callable[[Address], bool]:
    return lambda value: function(value.address)


def _contains_text(block: Block, text: str) -> bool:
    """Whether an address is in it."""
    if not _is_ip(text):
        raise no_overload("containsIP", block, text)
    return block.contains(_parse(text))


def _contains_block(block: Block, other: Block) -> bool:
    """Whether another block lies inside it."""
    return other.bits >= block.bits and block.contains(other.address)


def _register() -> None:
    add = IP.add
    add("(net.IP).family() -> int", "ip_family", lambda ip: ip.address.version, doc="4 or 6")
    add("(net.IP).isUnspecified() -> bool", "ip_is_unspecified", lambda ip: not int(ip.address), doc="Whether it is 0.0.0.0 or ::")
    add("(net.IP).isLoopback() -> bool", "ip_is_loopback", _on_address(_is_loopback), doc="Whether it is a loopback address")
    add("(net.IP).isLinkLocalMulticast() -> bool", "ip_is_link_local_multicast", _on_address(_is_link_local_multicast), doc="As named")
    add("(net.IP).isLinkLocalUnicast() -> bool", "ip_is_link_local_unicast", _on_address(_is_link_local_unicast), doc="As named")
    add(
        "(net.IP).isGlobalUnicast() -> bool",
        "ip_is_global_unicast",
        _on_address(_is_global_unicast),
        doc="Whether it is none of the special ones",
    )
    add("string(net.IP) -> string", "ip_to_string", lambda ip: str(ip.address), doc="The canonical text")
    add = CIDR.add
    add("(net.CIDR).containsIP(string) -> bool", "cidr_contains_ip_string", _contains_text, doc="Whether an address is in it")
    add(
        "(net.CIDR).containsIP(net.IP) -> bool",
        "cidr_contains_ip_ip",
        lambda c, ip: c.contains(ip.address),
        doc="Whether an address is in it",
    )
    add(
        "(net.CIDR).containsCIDR(string) -> bool",
        "cidr_contains_cidr_string",
        lambda c, text: _contains_block(c, _cidr(text)),
        doc="Whether a block is in it",
    )
    add("(net.CIDR).containsCIDR(net.CIDR) -> bool", "cidr_contains_cidr", _contains_block)
    add("(net.CIDR).ip() -> net.IP", "cidr_ip", lambda c: Address(c.address), doc="The address")
    add("(net.CIDR).prefixLength() -> int", "cidr_prefix_length", lambda c: c.bits, doc="The number of bits in the prefix")
    add("(net.CIDR).masked() -> net.CIDR", "cidr_masked", Block.masked)
    add("string(net.CIDR) -> string", "cidr_to_string", str, doc="The canonical text")


_register()
