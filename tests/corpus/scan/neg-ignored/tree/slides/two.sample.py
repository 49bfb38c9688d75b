import anthropic

print(anthropic.Anthropic().messages.create(model="claude-3-opus-20240229", max_tokens=9, messages=[]))
