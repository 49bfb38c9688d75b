import os

from keystoneauth1 import loading, session
from mistralclient.api import client as mistral

loader = loading.get_plugin_loader("password")
auth = loader.load_from_options(auth_url=os.environ["OS_AUTH_URL"], username="ops",
                                password=os.environ["OS_PASSWORD"], project_name="ops",
                                user_domain_id="default", project_domain_id="default")
client = mistral.client(session=session.Session(auth=auth), mistral_url="http://controller:8989/v2")


def start(name, **values):
    run = client.executions.create(name, workflow_input=values)
    return run.id, client.executions.get(run.id).state


if __name__ == "__main__":
    print(start("nightly_backup", tenant="gemini"))
