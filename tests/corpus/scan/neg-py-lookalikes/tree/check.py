import chromalog
import langcodes
import ollamaze
from anthropometry import reach
from cohere_layouts import Grid
from openapi_core import OpenAPI
from openapi_spec_validator import validate

chromalog.basicConfig(level="INFO")


def check(path, seat):
    api = OpenAPI.from_file_path(path)
    validate(api.spec.contents())
    grid = Grid(columns=4, model="compact")
    maze = ollamaze.generate(width=20, height=20)
    return grid, maze, reach(seat), langcodes.get("de").display_name()
