"""Documents made by hand, as small as their formats allow."""

import io
import struct
import zipfile
import zlib

RUN = '<w:r><w:t xml:space="preserve">%s</w:t></w:r>'


def pdf(*pages):
    """A PDF of one page for each text, with a cross-reference table."""
    kids = " ".join(f"{10 + 2 * n} 0 R" for n in range(len(pages)))
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>".encode(),
               3: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}
    for n, text in enumerate(pages):
        content = zlib.compress(f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode())
        objects[10 + 2 * n] = (f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents {11 + 2 * n} 0 R"
                               "/Resources<</Font<</F1 3 0 R>>>>>>").encode()
        objects[11 + 2 * n] = (f"<</Length {len(content)}/Filter/FlateDecode>>stream\n".encode() + content
                               + b"\nendstream")
    out, places = bytearray(b"%PDF-1.4\n"), {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    at = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number in objects:
        out += b"%d 1\n%010d 00000 n \n" % (number, places[number])
    return bytes(out + b"trailer\n<</Size 100/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % at)


def zipped(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def docx(*runs, **more):
    text = "".join(RUN % run for run in runs)
    return zipped({"[Content_Types].xml": '<?xml version="1.0"?><Types/>',
                   "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/'
                                        f'wordprocessingml/2006/main"><w:body><w:p>{text}</w:p></w:body></w:document>',
                   **more})


def png():
    """One grey pixel."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0\x80")) + chunk(b"IEND", b""))
