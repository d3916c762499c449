"""Which addresses are refused, in every spelling that somebody thought of."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zamc.errors import InvalidInput
from zamc.web.rules import content_type, is_public, next_target, pinned, target

REFUSED = [
    # this machine and what lies around it, as a number
    "http://127.0.0.1/", "http://127.1/", "http://0/", "http://0.0.0.0/", "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/",
    "http://0177.0.0.1/", "http://0177.1/", "http://127.0.0.1./", "http://127.0.0.1../", "http://0x7F.0X0.0x0.0X1/", "http://127.000.000.001/",
    "http://169.254.169.254/", "http://0xa9fea9fe/", "http://2852039166/", "http://0251.0376.0251.0376/", "http://10.0.0.1/", "http://100.64.0.1/",
    "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[::ffff:a9fe:a9fe]/", "http://[::ffff:169.254.169.254]/",
    "http://[fd00:ec2::254]/", "http://[fe80::1%25eth0]/", "http://[64:ff9b::7f00:1]/", "http://[2606:4700::1111]/", "http://8.8.8.8/",
    # as a number in other letters
    "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/", "http://127\u30020\u30020\u30021/", "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
    "http://%31%32%37.0.0.1/", "http://127.0.0.1%2eexample.org/", "http://127.0.0.1%00.example.org/",
    # names that only mean something inside
    "http://localhost/", "http://localhost./", "http://LOCALHOST/", "http://a.localhost/", "http://\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54/",
    "http://metadata/", "http://metadata.google.internal/", "http://db.internal./", "http://printer.local/", "http://wpad.lan/", "http://x.home.arpa/",
    "http://service.onion/", "http://kubernetes.default.svc.cluster.local/", "http://intranet/",
    # tricks with what stands before the host
    "http://example.org@127.0.0.1/", "http://example.org:80@10.0.0.1/", "http://user:pass@example.org/", "http://@example.org/",
    "http://example.org\\@127.0.0.1/", "http://127.0.0.1\\.example.org/", "http:\\\\example.org/", "http:/example.org/", "http:example.org",
    "http:///example.org/", "//example.org/", "example.org", "",
    # other schemes and ports
    "file:///etc/passwd", "gopher://example.org/", "ftp://example.org/", "data:text/html,hello", "javascript:alert(1)", "jar:http://example.org!/",
    "unix:/var/run/docker.sock", "http://example.org:22/", "http://example.org:443/", "https://example.org:80/", "https://example.org:8443/",
    "http://example.org:0/", "http://example.org:99999/", "http://example.org:/", "http://example.org:80a/",
    # what cannot be seen, and what splits a request
    "http://exam\u200bple.org/", "http://example.org/\r\nHost: evil", "http://example.org\t/", " http://example.org/",
    "http://example.org/ x",
    "http://\u202egro.elpmaxe/", "http://fa\u00df.example/", "http://exa\u00admple.org/", "http://example.org/\x00", "http://exam\U000e0041ple.org/",
    "http://.example.org/", "http://example..org/", "http://-a.org/", "http://" + "a" * 64 + ".org/", "http://" + "a." * 130 + "org/",
    "http://example.org/" + "a" * 2_000,
]  # fmt: skip

ALLOWED = {
    "https://example.org": "https://example.org/",
    "HTTPS://Example.ORG./A?b=c#d": "https://example.org/A?b=c",
    "http://example.org:80/x": "http://example.org/x",
    "https://example.org:443/": "https://example.org/",
    "https://b\u00fccher.example/\u00fc?q=\u00e4": "https://xn--bcher-kva.example/%C3%BC?q=%C3%A4",
    "https://\u4f8b\u3048\u3002\u30c6\u30b9\u30c8\u3002jp/": "https://xn--r8jz45g.xn--zckzah.jp/",
    "https://1and1.com/": "https://1and1.com/",
    "https://127.0.0.1.example.org/": "https://127.0.0.1.example.org/",
    "https://example.org/%0d%0aHost:%20evil": "https://example.org/%0d%0aHost:%20evil",
}


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_none_of_the_public_web_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput, match="landing_page"):
        target(url)


@pytest.mark.parametrize(("url", "asked"), ALLOWED.items())
def test_an_address_of_the_public_web_is_asked_for_in_one_spelling(url: str, asked: str) -> None:
    assert target(url).url == asked


@given(st.text(max_size=40))
def test_no_text_makes_it_fail_otherwise_and_what_passes_is_plain(text: str) -> None:
    try:
        found = target(f"http://{text}")
    except InvalidInput:
        return
    assert found.url.isascii()
    assert not set(found.url) & set(" \r\n\t\\@") - set(found.path)
    assert not found.host.rsplit(".", 1)[-1].isdigit()
    assert target(found.url) == found


NOT_PUBLIC = (
    "0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 169.254.170.2 172.16.0.1"
    " 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.1.1.1 240.0.0.1"
    " 255.255.255.255"
    " :: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::8.8.8.8"
    " 64:ff9b:1::1 100::1 2001::1 2001:db8::1"
    " 2002:7f00:1:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%eth0 2606:4700::1111%eth0 fec0::1 ff02::1"
).split()


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(InvalidInput, match="not on the public internet"):
        pinned(["93.184.215.14", address])


def test_public_addresses_are_kept_in_order_and_each_once() -> None:
    known = ["2606:4700::1111", "93.184.215.14", "::ffff:8.8.8.8", "172.32.0.1", "93.184.215.14"]
    assert pinned(known) == ("2606:4700::1111", "93.184.215.14", "::ffff:808:808", "172.32.0.1")
    with pytest.raises(InvalidInput):
        pinned([])


@pytest.mark.parametrize(
    ("location", "asked"),
    [
        ("/b", "https://example.org/b"),
        ("c?d", "https://example.org/a/c?d"),
        ("//www.example.org/", "https://www.example.org/"),
        ("http://other.example/", "http://other.example/"),
    ],
)
def test_a_redirect_is_followed_from_where_it_stands(location: str, asked: str) -> None:
    assert next_target(target("https://example.org/a/b"), location).url == asked


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1/", "//169.254.169.254/latest", "file:///etc/passwd", "http://[::1", "https://a.internal/"]
)
def test_a_redirect_is_checked_like_the_first_address(location: str) -> None:
    with pytest.raises(InvalidInput):
        next_target(target("https://example.org/"), location)


def test_content_types_are_read_with_their_charset() -> None:
    assert content_type('Text/HTML; x=1; Charset="ISO-8859-1"') == ("text/html", "iso-8859-1")
    assert content_type("") == ("", "")
