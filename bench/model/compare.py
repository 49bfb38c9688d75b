#!/usr/bin/env python3
"""The verb model beside the formats' own Python readers, in one run, in turns, medians.

usage: bench/model/compare.py [--rounds N] [--files N] [--binary PATH]     (needs gguf, safetensors, numpy)

Two cases: one GGUF of 10 GB (a sparse file with the header of an 8 B model: 128,000 tokens, 291 tensors), and a folder of
small files, half GGUF and half safetensors. Of ostiary the whole process is measured, its start among it, with JSON as output; of
the peers only the calls that read the same facts, their start and imports left out. Compared is processor time, which other
programs on the machine change least; elapsed time stands beside it.
"""
import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import gguf
import numpy
import safetensors
import safetensors.numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]


def write_gguf(path, tokens, layers):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("Bench")
    writer.add_license("llama3.1")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    if tokens:
        writer.add_token_list([f"token-{i}" for i in range(tokens)])
        writer.add_token_types([1] * tokens)
    for layer in range(layers):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "attn_norm", "ffn_norm"):
            writer.add_tensor(f"blk.{layer}.{name}.weight", numpy.zeros(32, dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def peer_gguf(path):
    reader = gguf.GGUFReader(path)
    return reader.fields["general.license"], len(reader.tensors)


def peer_safetensors(path):
    with safetensors.safe_open(path, "np") as file:
        return file.metadata(), [(name, file.get_slice(name).get_shape()) for name in file.keys()]


def timed(what):
    """Milliseconds elapsed, and of processor time of this process and its children."""
    def spent():
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system
    began, before = time.perf_counter(), spent()
    what()
    return (time.perf_counter() - began) * 1000, (spent() - before) * 1000


def case(name, ours, theirs, rounds, limit):
    mine, other = [], []
    ours()
    for _ in range(rounds):
        # The clock of processor time ticks every ten milliseconds.
        repeats = [timed(ours) for _ in range(10 if limit < 1000 else 1)]
        mine.append(tuple(statistics.fmean(column) for column in zip(*repeats)))
        other.append(timed(theirs))
    elapsed, used = (statistics.median(column) for column in zip(*mine))
    _, theirs_used = (statistics.median(column) for column in zip(*other))
    print(f"| {name} | {used:.1f} ms | {elapsed:.1f} ms ({min(mine)[0]:.1f} to {max(mine)[0]:.1f}) | {theirs_used:.0f} ms | "
          f"{theirs_used / used:.0f} | {limit} ms | {'met' if used <= limit else 'missed'} |", flush=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--files", type=int, default=10_000)
    options.add_argument("--binary", default=ROOT / "build/release/ostiary")
    options = options.parse_args()

    def run(path):
        subprocess.run([options.binary, "model", "--quiet", "--format", "json", path], check=True,
                       stdout=subprocess.DEVNULL)
    print("| | ostiary, processor | elapsed | peer, processor | ratio | must be under | |\n| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        big = folder / "big.gguf"
        write_gguf(big, 128_000, 32)
        os.truncate(big, 10 << 30)
        case("10 GB GGUF, beside `gguf`", lambda: run(big), lambda: peer_gguf(big), options.rounds, 20)
        small = folder / "small"
        small.mkdir()
        write_gguf(small / "0.gguf", 100, 1)
        one = (small / "0.gguf").read_bytes()
        tensors = {f"t{i}": numpy.zeros((4, 4), numpy.float16) for i in range(9)}
        half = options.files // 2
        for i in range(half):
            (small / f"{i}.gguf").write_bytes(one)
            safetensors.numpy.save_file(tensors, small / f"{i}.safetensors", metadata={"license": "mit"})

        def peers():
            for i in range(half):
                peer_gguf(small / f"{i}.gguf")
                peer_safetensors(small / f"{i}.safetensors")
        case(f"{2 * half:,} small files, beside `gguf` and `safetensors`", lambda: run(small), peers, 1, 5000)


if __name__ == "__main__":
    main()
