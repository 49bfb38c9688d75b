"""Opens .ai drawings, which are PDF inside."""
from pypdf import PdfReader


def open_drawing(path):
    return PdfReader(path)


def artboards(path):
    return [(p.mediabox.width, p.mediabox.height) for p in open_drawing(path).pages]
