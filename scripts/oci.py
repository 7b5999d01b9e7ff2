#!/usr/bin/env python3
"""The filter as an OCI image, as Istio and Envoy Gateway take it: one layer that holds `plugin.wasm`.

    oci.py MODULE VERSION REVISION ARCHIVE

Writes an OCI archive (a tar of the image layout) whose bytes depend on nothing but the module, the version and the
revision. Format: OCI image specification 1.1; the layer as Istio describes it for its `WasmPlugin` ("compat" variant of
the Wasm image specification).
"""

import gzip
import hashlib
import io
import json
import pathlib
import sys

import tarfile

LAYOUT = '{"imageLayoutVersion":"1.0.0"}'
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


def tar(files: dict[str, bytes]) -> bytes:
    """A tar of files, in their order, of no time and nobody's."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def encoded(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def image(module: bytes, version: str, revision: str) -> bytes:
    """The archive of the image."""
    files = tar({"plugin.wasm": module})
    layer = gzip.compress(files, mtime=0)
    labels = {
        "org.opencontainers.image.title": "palisade",
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.revision": revision,
        "org.opencontainers.image.licenses": "Apache-2.0",
    }
    config = encoded(
        {
            "architecture": "wasm",
            "os": "wasip1",
            "config": {"Labels": labels},
            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(files)]},
        }
    )
    manifest = encoded(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": part(CONFIG, config),
            "layers": [part(LAYER, layer)],
            "annotations": labels,
        }
    )
    entry = part(MANIFEST, manifest)
    entry["annotations"] = {"org.opencontainers.image.ref.name": version}
    index = encoded({"schemaVersion": 2, "manifests": [entry]})
    blobs = {f"blobs/sha256/{digest(blob)}": blob for blob in (config, layer, manifest)}
    return tar({"oci-layout": LAYOUT.encode(), "index.json": index, **blobs})


def part(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": "sha256:" + digest(content), "size": len(content)}


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    module, version, revision, archive = sys.argv[1:]
    pathlib.Path(archive).write_bytes(image(pathlib.Path(module).read_bytes(), version, revision))
