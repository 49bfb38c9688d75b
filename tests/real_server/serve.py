"""A real llama.cpp server (from PyPI's xllamacpp) on a tiny model that this script writes: random weights, 260 tokens.

Prints one line of JSON with its base URLs, serves until its standard input closes.
    python serve.py FOLDER
"""

import json
import os
import sys

import gguf
import numpy as np

DIM, FF, HEADS, LAYERS, CONTEXT = 64, 128, 4, 2, 32768
# Renders text parts and tool calls well enough for llama.cpp to find out what the template can do.
TEMPLATE = ("{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}"
            "{% if add_generation_prompt %}assistant:{% endif %}")


def write_model(path):
    chance = np.random.default_rng(7)
    w = gguf.GGUFWriter(path, "llama")
    w.add_name("tiny")
    w.add_context_length(CONTEXT)
    w.add_embedding_length(DIM)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(FF)
    w.add_head_count(HEADS)
    w.add_head_count_kv(HEADS)
    w.add_rope_dimension_count(DIM // HEADS)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_file_type(gguf.LlamaFileType.ALL_F32)
    plain = ["\u2581"] + [chr(c) for c in range(33, 127)]
    tokens = [b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % i for i in range(256)] + [t.encode() for t in plain]
    kinds = gguf.TokenType
    w.add_tokenizer_model("llama")
    w.add_token_list(tokens)
    w.add_token_scores([0.0] * 3 + [-1000.0] * 256 + [-float(i) for i in range(len(plain))])
    w.add_token_types([kinds.UNKNOWN, kinds.CONTROL, kinds.CONTROL] + [kinds.BYTE] * 256 + [kinds.NORMAL] * len(plain))
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_unk_token_id(0)
    w.add_chat_template(TEMPLATE)

    def random(*shape):
        return (chance.standard_normal(shape) * 0.2).astype(np.float32)

    ones = np.ones(DIM, np.float32)
    output = random(len(tokens), DIM)
    output[2] = 0  # the end of text is never the likeliest: answers are as long as asked for
    w.add_tensor("token_embd.weight", random(len(tokens), DIM))
    w.add_tensor("output_norm.weight", ones)
    w.add_tensor("output.weight", output)
    for i in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            w.add_tensor(f"blk.{i}.{name}.weight", random(DIM, DIM))
        w.add_tensor(f"blk.{i}.attn_norm.weight", ones)
        w.add_tensor(f"blk.{i}.ffn_norm.weight", ones)
        w.add_tensor(f"blk.{i}.ffn_gate.weight", random(FF, DIM))
        w.add_tensor(f"blk.{i}.ffn_up.weight", random(FF, DIM))
        w.add_tensor(f"blk.{i}.ffn_down.weight", random(DIM, FF))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def server(path, name, embedding):
    import xllamacpp
    p = xllamacpp.CommonParams()
    p.model.path = path
    p.model_alias = {name}
    p.hostnames = ["127.0.0.1"]
    p.port = 0
    p.n_ctx = CONTEXT * 2
    p.n_parallel = 2
    p.cpuparams.n_threads = 1
    p.cpuparams_batch.n_threads = 1
    p.embedding = embedding
    p.warmup = False
    p.endpoint_slots = True
    if embedding:
        p.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    s = xllamacpp.Server(p)
    at = s.listening_address
    return s, at if at.startswith("http") else f"http://{at}"


def main():
    path = os.path.join(sys.argv[1], "tiny.gguf")
    write_model(path)
    chat, chat_url = server(path, "tiny", False)
    embed, embed_url = server(path, "tiny-embedding", True)
    print(json.dumps({"chat": chat_url, "embedding": embed_url}), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
