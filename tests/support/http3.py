"""HTTP/3 for the tests, with aioquic.

http3.py certificate FOLDER     writes certificate.pem and key.pem for shop.example into FOLDER
http3.py connect PORT FOLDER    one connection to 127.0.0.1; each line of standard input is a list of requests, which are
                                sent at once, and each line of standard output the list of their responses

Requests and responses are JSON. Texts in it stand for bytes, one character for each.
"""

import asyncio
import datetime
import json
import ssl
import sys
from pathlib import Path

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, H3Connection
from aioquic.h3.events import DataReceived, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import ConnectionTerminated, StreamReset

NAME = "shop.example"
PATIENCE = 60


def write_certificate(folder):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(private)
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(pem))


class Client(QuicConnectionProtocol):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.http = H3Connection(self._quic)
        self.streams = {}

    async def exchange(self, request):
        stream = self._quic.get_next_available_stream_id()
        answered = asyncio.get_running_loop().create_future()
        response = {"status": 0, "headers": [], "body": ""}
        self.streams[stream] = (response, answered)
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in request["headers"]]
        body = request["body"].encode("latin-1")
        self.http.send_headers(stream, headers, end_stream=not body)
        if body:
            self.http.send_data(stream, body, end_stream=True)
        self.transmit()
        await asyncio.wait_for(answered, PATIENCE)
        return response

    def quic_event_received(self, event):
        if isinstance(event, ConnectionTerminated):
            for _, answered in self.streams.values():
                if not answered.done():
                    answered.set_exception(ConnectionError(event.reason_phrase or hex(event.error_code)))
        if isinstance(event, StreamReset) and event.stream_id in self.streams:
            _, answered = self.streams.pop(event.stream_id)
            answered.done() or answered.set_result(None)
        for received in self.http.handle_event(event):
            response, answered = self.streams.get(getattr(received, "stream_id", None), (None, None))
            if response is None:
                continue
            if isinstance(received, HeadersReceived):
                for name, value in received.headers:
                    if name == b":status":
                        response["status"] = int(value)
                    else:
                        response["headers"].append([name.decode("latin-1"), value.decode("latin-1")])
            if isinstance(received, DataReceived):
                response["body"] += received.data.decode("latin-1")
            if received.stream_ended and not answered.done():
                answered.set_result(None)


async def serve(port, folder):
    configuration = QuicConfiguration(is_client=True, alpn_protocols=H3_ALPN, server_name=NAME)
    configuration.load_verify_locations(str(folder / "certificate.pem"))
    configuration.verify_mode = ssl.CERT_REQUIRED
    async with connect("127.0.0.1", port, configuration=configuration, create_protocol=Client) as client:
        while line := await asyncio.to_thread(sys.stdin.readline):
            requests = json.loads(line)
            responses = await asyncio.gather(*(client.exchange(request) for request in requests))
            print(json.dumps(responses), flush=True)


if sys.argv[1] == "certificate":
    write_certificate(Path(sys.argv[2]))
else:
    asyncio.run(serve(int(sys.argv[2]), Path(sys.argv[3])))
