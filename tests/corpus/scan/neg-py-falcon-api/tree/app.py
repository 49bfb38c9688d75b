import falcon


class Completions:
    """Completes street names for the address field."""

    def on_post(self, req, resp):
        start = req.get_media()["prompt"]
        resp.media = {"choices": [s for s in STREETS if s.startswith(start)]}


class Models:
    def on_get(self, req, resp):
        resp.media = {"data": ["Falcon 7", "Falcon 40", "Gemini 2"]}


STREETS = ["Anthropic Way", "Claude Street", "Llama Lane"]
app = falcon.App()
app.add_route("/v1/completions", Completions())
app.add_route("/v1/models", Models())
