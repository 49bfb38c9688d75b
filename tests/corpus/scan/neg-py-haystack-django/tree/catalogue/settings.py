INSTALLED_APPS = ["haystack", "catalogue"]
HAYSTACK_CONNECTIONS = {
    "default": {
        "ENGINE": "haystack.backends.whoosh_backend.WhooshEngine",
        "PATH": "index",
    },
}
