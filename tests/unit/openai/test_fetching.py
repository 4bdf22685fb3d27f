"""The guard before a URL that somebody else wrote: nothing is asked that it does not let through."""

import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from billing_core.adapters.openai.capping import capped_client, certificates
from billing_core.adapters.openai.fetching import Fetch, Forbidden, NotFetched, Place, is_public
from billing_core.adapters.openai.limits import MIB, Limits
from tests.provider.painting import painted
from tests.provider.server import ImageServer

HOSTS = ("pictures.example",)
OWN = "https://studio.example/v1"
PUBLIC = "93.184.216.34"
LIMITS = Limits(download_s=20, picture_bytes=MIB)

PRIVATE = (
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001:0:0:0:0:0:80ff:fffe",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
)


@pytest.mark.failure("F8")
@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_on_the_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", [PUBLIC, "8.8.8.8", "2606:4700::6810:1", "64:ff9b::808:808", "::ffff:8.8.8.8"])
def test_an_address_on_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.failure("F8")
@given(st.ip_addresses(network="10.0.0.0/8") | st.ip_addresses(network="127.0.0.0/8"))
def test_a_private_address_within_another_one_is_private(address: object) -> None:
    number = int(ip_address(str(address)))
    wrapped = (f"::ffff:{address}", str(ip_address((0x64FF9B << 96) | number)))

    assert not any(is_public(each) for each in wrapped)


class Names:
    """A resolver that knows what it is told, and counts."""

    def __init__(self, *answers: Sequence[Place]) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[Place]:
        self.asked.append((host, port))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Counted(httpx2.AsyncBaseTransport):
    """Answers nothing, and counts what would have gone out."""

    def __init__(self) -> None:
        self.sent: list[httpx2.Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.sent.append(request)
        return httpx2.Response(200, content=b"secret")


@pytest.mark.failure("F8")
@pytest.mark.parametrize(
    "url",
    [
        "http://pictures.example/1.png",
        "https://pictures.example:8443/1.png",
        "https://pictures.example@evil.example/1.png",
        "https://user:password@pictures.example/1.png",
        "https://evilpictures.example/1.png",
        "https://pictures.example.evil.example/1.png",
        "https://evil.example/pictures.example",
        "https://example/1.png",
        "https://127.0.0.1/1.png",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/1.png",
        "https://[::ffff:127.0.0.1]/1.png",
        "https://2130706433/1.png",
        "https://0x7f000001/1.png",
        "https://0/1.png",
        "https://localhost/1.png",
        "http://studio.example/v1/1.png",
        "https://studio.example:8443/1.png",
        "https://someone@studio.example/1.png",
        "file:///etc/passwd",
        "gopher://pictures.example/1",
        "ftp://pictures.example/1.png",
        "data:image/png;base64,AAAA",
        "//pictures.example/1.png",
        "/1.png",
        "pictures.example/1.png",
        "https://",
        "https://pictures.example:99999/",
        "https://[pictures.example/",
        "https://pictures.example\r\nhost: evil.example/",
        "\0",
        "",
    ],
)
async def test_a_url_that_leads_elsewhere_is_not_even_looked_up(url: str) -> None:
    names, transport = Names([(PUBLIC, 443)]), Counted()

    async with httpx2.AsyncClient(transport=transport) as client:
        with pytest.raises(Forbidden):
            await Fetch(client=client, limits=LIMITS, resolve=names).get(url, own=OWN, hosts=HOSTS)

    assert ([], []) == (names.asked, transport.sent)


@pytest.mark.failure("F8")
@pytest.mark.parametrize("address", PRIVATE)
async def test_a_known_host_that_leads_into_a_private_network_is_not_asked(address: str) -> None:
    names, transport = Names([(PUBLIC, 443), (address, 443)]), Counted()

    async with httpx2.AsyncClient(transport=transport) as client:
        with pytest.raises(Forbidden, match="leads to an address that is not public"):
            await Fetch(client=client, limits=LIMITS, resolve=names).get(
                "https://pictures.example/1.png", own=OWN, hosts=HOSTS
            )

    assert [] == transport.sent


@pytest.mark.failure("F8")
async def test_a_name_is_resolved_once_and_the_address_that_was_looked_at_is_asked() -> None:
    names, transport = Names([(PUBLIC, 443)], [("127.0.0.1", 443)]), Counted()

    async with httpx2.AsyncClient(transport=transport) as client:
        found = await Fetch(client=client, limits=LIMITS, resolve=names).get(
            "https://cdn.pictures.example/1.png?sig=abc", own=OWN, hosts=HOSTS
        )

    (request,) = transport.sent
    assert b"secret" == found
    assert [("cdn.pictures.example", 443)] == names.asked
    assert f"https://{PUBLIC}/1.png?sig=abc" == str(request.url)
    assert "cdn.pictures.example" == request.headers["host"]
    assert "cdn.pictures.example" == request.extensions["sni_hostname"]
    assert "authorization" not in request.headers


async def test_the_machines_own_name_is_no_way_in() -> None:
    transport = Counted()

    async with httpx2.AsyncClient(transport=transport) as client:
        with pytest.raises(Forbidden, match="leads to an address that is not public"):
            await Fetch(client=client, limits=LIMITS).get("https://localhost/1.png", own=OWN, hosts=("localhost",))

    assert [] == transport.sent


async def test_a_host_that_cannot_be_reached_is_a_download_that_failed() -> None:
    names = Names([("127.0.0.1", 1), ("127.0.0.1", 2)])

    async with downloads() as client:
        with pytest.raises(NotFetched):
            await Fetch(client=client, limits=LIMITS, resolve=names, may_go_to=lambda address: True).get(
                "https://pictures.example/1.png", own=OWN, hosts=HOSTS
            )


async def test_the_operators_own_server_may_stand_in_a_private_network() -> None:
    server = ImageServer()

    async with server.on_loopback() as base, downloads() as client:
        url = server.shelve(painted("32x32"), "image/png")
        found = await Fetch(client=client, limits=LIMITS).get(url, own=base, hosts=())

    assert painted("32x32") == found


@pytest.mark.failure("F8")
@pytest.mark.parametrize(
    ("behave", "downloads_made"),
    [("redirect", 1), ("missing", 1), ("broken", 2), ("endless", 2), ("too_long", 2), ("lie", 2)],
)
async def test_a_download_that_goes_wrong_is_followed_nowhere_and_tried_twice_at_most(
    behave: str, downloads_made: int
) -> None:
    server = ImageServer()

    async with server.on_loopback() as base, downloads() as client:
        url = server.shelve(painted("32x32"), "image/png", behave)
        with pytest.raises(NotFetched):
            await Fetch(client=client, limits=LIMITS).get(url, own=base, hosts=())

    assert downloads_made == len(server.downloads)


async def test_a_download_that_is_lost_once_is_had_the_second_time() -> None:
    server = ImageServer()

    async with server.on_loopback() as base, downloads() as client:
        url = server.shelve(painted("32x32"), "image/png", "fail_once")
        found = await Fetch(client=client, limits=LIMITS).get(url, own=base, hosts=())

    assert painted("32x32") == found


async def test_a_name_that_nobody_knows_is_a_download_that_failed() -> None:
    async def unknown(host: str, port: int) -> Sequence[Place]:
        raise OSError(f"{host} is not known")

    async with httpx2.AsyncClient(transport=Counted()) as client:
        with pytest.raises(NotFetched):
            await Fetch(client=client, limits=LIMITS, resolve=unknown).get(
                "https://pictures.example/1.png", own=OWN, hosts=HOSTS
            )


class TestOverTls:
    """The connection goes to the address that was looked at, and must prove to be the host that the URL names."""

    @pytest.fixture
    def authority(self, tmp_path: Path) -> Path:
        """A key and a certificate for pictures.example, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a studio of our own")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(hours=1))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName("pictures.example")]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        file = tmp_path / "both.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return file

    @pytest.fixture
    async def studio(self, authority: Path) -> AsyncIterator[ImageServer]:
        serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        serving.load_cert_chain(authority)
        server = ImageServer(tls=serving)
        async with server.on_loopback():
            yield server

    @pytest.fixture
    async def fetch(self, studio: ImageServer, authority: Path) -> AsyncIterator[Fetch]:
        trusted = ssl.create_default_context(cafile=authority)
        async with capped_client(MIB, timeout=httpx2.Timeout(20), trusted=trusted, trust_env=False) as client:
            names = Names([("127.0.0.1", 1), ("127.0.0.1", studio.port)])  # nobody listens at the first
            yield Fetch(client=client, limits=LIMITS, resolve=names, may_go_to=lambda address: True)

    async def test_a_host_that_proves_its_name_is_believed(self, studio: ImageServer, fetch: Fetch) -> None:
        path = studio.shelve(painted("32x32"), "image/png").partition("/pictures/")[2]

        found = await fetch.get(f"https://pictures.example/pictures/{path}", own=OWN, hosts=HOSTS)

        assert painted("32x32") == found
        assert ["pictures.example"] == [call.headers["host"] for call in studio.downloads]

    async def test_a_host_that_cannot_prove_its_name_is_not(self, studio: ImageServer, fetch: Fetch) -> None:
        path = studio.shelve(painted("32x32"), "image/png").partition("/pictures/")[2]

        with pytest.raises(NotFetched):
            await fetch.get(f"https://cdn.pictures.example/pictures/{path}", own=OWN, hosts=HOSTS)

        assert [] == studio.downloads


def downloads() -> httpx2.AsyncClient:
    """A client as the adapter opens it."""
    return capped_client(
        LIMITS.picture_bytes,
        timeout=httpx2.Timeout(LIMITS.download_s),
        trusted=certificates(),
        trust_env=False,
    )
