import json

import boto3

bedrock = boto3.client("bedrock-runtime", region_name="eu-central-1")


def handler(event, context):
    reply = bedrock.invoke_model(
        modelId="anthropic.claude-3-sonnet-20240229-v1:0",
        body=json.dumps({
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 400,
            "messages": [{"role": "user", "content": event["body"]}],
        }),
    )
    return {"statusCode": 200, "body": json.loads(reply["body"].read())["content"][0]["text"]}
