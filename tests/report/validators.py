"""Other people's readers of SPDX and XLSX, run in a Python environment of their own (tests/run.sh makes it).

    validators.py spdx JAR FILE…     prints what is wrong, a line of JSON for each file
    validators.py whole JAR FILE…    the same by the program spdx3-validate itself, which takes its time
    validators.py xlsx FILE          prints what openpyxl finds in a workbook

spdx3-validate fetches the schema, the shapes and the context from spdx.org. SPDX's own package for Java holds the same
three files; a handler gives them for their addresses and refuses every other request, so that no network is used.
"""

import email.message
import io
import json
import sys
import urllib.error
import urllib.request
import urllib.response
import zipfile

BUNDLED = {
    "https://spdx.org/rdf/3.0.1/spdx-context.jsonld": "resources/spdx-context-v3.0.1.jsonld",
    "https://spdx.org/rdf/3.0.1/spdx-model.ttl": "resources/spdx-model-v3.0.1.jsonld",
    "https://spdx.org/schema/3.0.1/spdx-json-schema.json": "resources/schema-v3.0.1.json",
}


class Bundled(urllib.request.BaseHandler):
    def __init__(self, jar):
        with zipfile.ZipFile(jar) as files:
            self.files = {url: files.read(name) for url, name in BUNDLED.items()}

    def default_open(self, request):
        content = self.files.get(request.full_url)
        if content is None:
            raise urllib.error.URLError(f"{request.full_url} is not at hand")
        headers = email.message.Message()
        headers["Content-Type"] = "application/ld+json"
        return urllib.response.addinfourl(io.BytesIO(content), headers, request.full_url, 200)


def use_bundled(jar):
    opener = urllib.request.OpenerDirector()
    opener.add_handler(Bundled(jar))
    urllib.request.install_opener(opener)


def whole(jar, names):
    from spdx3_validate import core

    use_bundled(jar)
    for name in names:
        print(json.dumps({"file": name, "found": [str(error) for error in core.validate(name).errors]}))


def spdx(jar, names):
    """The same schema by a faster reader of schemas, the same shapes, and the classes that SPDX generates for Python."""
    import jsonschema_rs
    from spdx3_validate import core
    from spdx_python_model import v3_0_1 as model

    use_bundled(jar)
    for name in names:
        document = core.Document.load(name)
        schema, shapes = core.load_validation_data(document.version)
        found = [f"{e.instance_path}: {e.message}"[:500] for e in jsonschema_rs.Draft202012Validator(schema).iter_errors(document.data)]
        found += core.check_graph(document.graph, shapes, document.version, True)
        objects = model.SHACLObjectSet()
        try:
            with open(name, "rb") as file:
                model.JSONLDDeserializer().read(file, objects)
        except ValueError as error:
            found.append(f"the classes refuse it: {error}"[:500])
        found += [f"nothing has the id {missing}" for missing in sorted(objects.missing_ids)]
        print(json.dumps({"file": name, "found": found, "objects": sum(1 for _ in objects.foreach())}))


def xlsx(name):
    import openpyxl

    book = openpyxl.load_workbook(name)
    sheets = []
    for sheet in book.worksheets:
        rows = [[{"value": str(cell.value) if cell.value is not None else None, "type": cell.data_type, "date": cell.is_date,
                  "link": cell.hyperlink.target if cell.hyperlink else None} for cell in row] for row in sheet.iter_rows()]
        sheets.append({"name": sheet.title, "frozen": sheet.freeze_panes, "filter": sheet.auto_filter.ref, "rows": rows})
    print(json.dumps(sheets))


if __name__ == "__main__":
    {"spdx": lambda: spdx(sys.argv[2], sys.argv[3:]), "whole": lambda: whole(sys.argv[2], sys.argv[3:]),
     "xlsx": lambda: xlsx(sys.argv[2])}[sys.argv[1]]()
