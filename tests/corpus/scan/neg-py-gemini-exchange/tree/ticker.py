import base64
import hashlib
import hmac
import json
import os
import time

import requests

GEMINI_API = "https://api.gemini.com/v1"
GEMINI_API_KEY = os.environ["GEMINI_API_KEY"]


def gemini(path, **fields):
    body = {"request": f"/v1/{path}", "nonce": time.time_ns(), **fields}
    payload = base64.b64encode(json.dumps(body).encode())
    sign = hmac.new(os.environ["GEMINI_API_SECRET"].encode(), payload, hashlib.sha384).hexdigest()
    headers = {"X-GEMINI-APIKEY": GEMINI_API_KEY, "X-GEMINI-PAYLOAD": payload, "X-GEMINI-SIGNATURE": sign}
    return requests.post(f"{GEMINI_API}/{path}", headers=headers, timeout=10).json()


def generate_report(model="weekly"):
    return {"model": model, "balances": gemini("balances")}
