import torch
import transformers
from transformers import AutoModelForCausalLM, AutoTokenizer

CHECKPOINT = "meta-llama/Llama-3.1-8B-Instruct"
mood = transformers.pipeline("text-classification",
                             model="distilbert-base-uncased-finetuned-sst-2-english")


def load():
    tokenizer = AutoTokenizer.from_pretrained(CHECKPOINT)
    model = AutoModelForCausalLM.from_pretrained(CHECKPOINT, torch_dtype=torch.bfloat16)
    return tokenizer, model


def explain(text):
    tokenizer, model = load()
    batch = tokenizer(f"Complaint: {text}\nReason:", return_tensors="pt")
    with torch.no_grad():
        out = model.generate(**batch, max_new_tokens=40)
    return mood(text)[0]["label"], tokenizer.decode(out[0], skip_special_tokens=True)
