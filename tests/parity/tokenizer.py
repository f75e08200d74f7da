"""Compares the tokenizer with its references on random Unicode text; --write makes tests/data/tokenizer-goldens.json.

Needs the Python packages transformers, ftfy and regex (open_clip_torch if it is there), and the target tokenize_lines:
    cmake --build --preset release --target tokenize_lines && python3 tests/parity/tokenizer.py
Characters are those that the Unicode versions of this Python and of transformers both know; newer ones differ.
"""
import argparse
import functools
import html
import html.entities
import importlib.util
import json
import os
import random
import subprocess
import sys
import tempfile
import unicodedata

import ftfy
import regex
from tokenizers.normalizers import NFC
from transformers import CLIPTokenizer

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MERGES = os.path.join(ROOT, "weights/clip-bpe/merges.txt")
SPECIAL = ["<|startoftext|>", "<|endoftext|>"]
KNOWN = ["a photo of a cat", "A corgi's head depicted as an explosion of a nebula.", "ten red apples",
         "hello   WORLD 2024!!", "don't stop", "caf\u00e9 \u65e5\u672c", "\U0001F600", "&amp;lt;b&amp;gt;"]
TRICKY = ["", " ", "\0", "\u0130\u03a3 \u039f\u03a3", "'\u017f 'S 'LL", "wow!<|endoftext|>", "<|EndOfText|>",
          "a\u180eb", "\u1e9e\ufb01", "\r\nx\u2028y\x85z", "e\u0301\u0327", "\u2126\u212b\u212a", "\u0e33\u0ecd",
          "\u2800\u3164", "&#x26;lt;", "a\u0345"]
WORDS = ["cat", "Photo", "O'Neill", "it'S", "WE'LL", "don't", "\u03a3\u039f\u03a3", "'\u017f", "2024", "!!"]
EMOJI = ["\U0001F600", "\U0001F1E9", "\u200d", "\ufe0f", "\U0001F3FD", "\U0001F468"]
ENTITIES = ["&" + name + end for name in html.entities.name2codepoint for end in (";", "")]
ENTITIES += [name.upper() for name in ENTITIES]
REPAIRS = ["\u2018", "\u201d", "\u02bc", "\ufb03", "\u01c4", "\u0149", "\uff21", "\uff76\uff9e", "\u3000", "\x1b[1;31m",
           "\x1b[", "\ufeff", "\ufffc", "\u206c", "\x0b", "\x1c", "\x7f", "&amp;", "&hellip;", "&EACUTE;", "&SZLIG;",
           "&#59;", "&#150;", "&amp;amp;lt;", "<", "\n", "\r\n", "\x91", "\x81"]


def byte_symbols():
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in plain]
    return {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(others)}


class OpenAI:
    """The algorithm of openai/CLIP's simple_tokenizer."""

    def __init__(self, merges):
        self.symbols = byte_symbols()
        self.ranks = {merge: i for i, merge in enumerate(merges)}
        self.ids = vocabulary(merges)
        self.words = {token: [self.ids[token]] for token in SPECIAL}
        self.pattern = regex.compile("|".join(map(regex.escape, SPECIAL)) +
                                     r"|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+", regex.IGNORECASE)

    def word(self, word):
        if word not in self.words:
            parts = [self.symbols[b] for b in word.encode()]
            parts[-1] += "</w>"
            while len(parts) > 1:
                rank, at = min((self.ranks.get(pair, 10**9), i) for i, pair in enumerate(zip(parts, parts[1:])))
                if rank == 10**9:
                    break
                parts[at:at + 2] = [parts[at] + parts[at + 1]]
            self.words[word] = [self.ids[part] for part in parts]
        return self.words[word]

    def __call__(self, text):
        text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
        text = regex.sub(r"\s+", " ", text).strip().lower()
        return [i for word in regex.findall(self.pattern, text) for i in self.word(word)]


def vocabulary(merges):
    symbols = list(byte_symbols().values())
    tokens = symbols + [s + "</w>" for s in symbols] + [a + b for a, b in merges] + SPECIAL
    return {token: i for i, token in enumerate(tokens)}


def transformers_tokenizer(merges, pad):
    """As in a folder of Stable Diffusion: special tokens are normalised, a separate pad token is not."""
    token = {"lstrip": False, "rstrip": False, "single_word": False, "special": True}
    added = {str(49406 + i): token | {"content": text, "normalized": True} for i, text in enumerate(SPECIAL)}
    if pad != SPECIAL[1]:
        added["0"] = token | {"content": pad, "normalized": False}
    config = {"added_tokens_decoder": added, "bos_token": SPECIAL[0], "eos_token": SPECIAL[1], "unk_token": SPECIAL[1],
              "pad_token": pad, "model_max_length": 77, "tokenizer_class": "CLIPTokenizer"}
    with tempfile.TemporaryDirectory() as folder:
        files = {"vocab.json": json.dumps(vocabulary(merges)), "tokenizer_config.json": json.dumps(config),
                 "merges.txt": "#version: 0.2\n" + "\n".join(" ".join(merge) for merge in merges) + "\n"}
        for name, content in files.items():
            with open(os.path.join(folder, name), "w", encoding="utf8") as file:
                file.write(content)
        tokenizer = CLIPTokenizer.from_pretrained(folder)
    return lambda text: tokenizer(text, add_special_tokens=False).input_ids


def open_clip_tokenizer():
    """Loads only the tokenizer's file, because the whole package needs torchvision."""
    package = importlib.util.find_spec("open_clip")
    if package is None:
        return None
    file = os.path.join(os.path.dirname(package.origin), "tokenizer.py")
    spec = importlib.util.spec_from_file_location("open_clip_tokenizer", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.SimpleTokenizer().encode


def ours(tool, texts, mode, pad):
    lines = "".join(text.encode().hex() + "\n" for text in texts)
    out = subprocess.run([tool, MERGES, mode, str(pad)], input=lines, capture_output=True, text=True, check=True).stdout
    return [[int(i) for i in line.split()] for line in out.splitlines()]


def is_known(character):
    """Whether both know the character: it is assigned, and NFC orders it among combining marks in the same way."""
    texts = ["a\u0345" + character, "a" + character + "\u0334"]
    return (unicodedata.category(character) not in ("Cn", "Cs", "Co") and
            all(NFC().normalize_str(text) == unicodedata.normalize("NFC", text) for text in texts))


@functools.cache
def assigned():
    """Characters by script (the first word of their names), so that small scripts are as likely as large ones."""
    scripts = {}
    for code in range(0x110000):
        if not 0xD800 <= code < 0xE000 and is_known(chr(code)):
            scripts.setdefault(unicodedata.name(chr(code), "CONTROL").split()[0], []).append(chr(code))
    return scripts


def random_text(rng, scripts, extra):
    chosen = rng.sample(list(scripts), rng.randint(1, 3))
    words = []
    for _ in range(rng.randint(1, 8)):
        kind = rng.random()
        if kind < 0.55:
            letters = scripts[rng.choice(chosen)] if rng.random() < 0.7 else list(map(chr, range(32, 127)))
            words.append("".join(rng.choice(letters) for _ in range(rng.randint(1, 9))))
        elif kind < 0.7:
            words.append(rng.choice(WORDS))
        elif kind < 0.78:
            words.append("".join(rng.choice(EMOJI) for _ in range(4)))
        elif kind < 0.84:
            words.append("a" + "".join(rng.choice(scripts["COMBINING"]) for _ in range(rng.randint(1, 4))))
        elif kind < 0.9:
            numbers = ["&#%d;" % rng.randrange(0x110000), "&#x%x" % rng.randrange(0x3000), "&#;", "&"]
            words.append(rng.choice(ENTITIES + numbers))
        else:
            words.append(rng.choice(extra))
    joints = ["", " ", "  ", "\t", "\n", "\u00a0", "\u2003", "\u200b", "\u202f", "\u1680", "<"]
    return "".join(word + rng.choice(joints) for word in words)


def sample(count, seed, extra, accept):
    rng, scripts, texts = random.Random(seed), assigned(), []
    while len(texts) < count:
        text = random_text(rng, scripts, extra)
        if accept(text):
            texts.append(text)
    return texts


def unchanged(text):
    return ftfy.fix_text(text) == text


def repaired(text):
    """The text after ftfy's changes, except guessing another encoding."""
    fixed = ftfy.fix_text(text)
    return fixed != text and fixed == ftfy.fix_text(text, fix_encoding=False)


def write_goldens(references, seed):
    texts = KNOWN + TRICKY + sorted(set(ENTITIES))[::25]
    texts += sample(110, seed + 1, SPECIAL, lambda text: len(text) < 20 and unchanged(text))
    texts += sample(110, seed + 2, REPAIRS, lambda text: len(text) < 20 and repaired(text))
    goldens = [{"text": text} | {mode: references[mode](text) for mode in ("hf", "openai")} for text in texts]
    with open(os.path.join(ROOT, "tests/data/tokenizer-goldens.json"), "w", encoding="ascii") as file:
        file.write("[\n" + ",\n".join(json.dumps(golden, separators=(",", ":")) for golden in goldens) + "\n]\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tool", default=os.path.join(ROOT, "build/release/pipeline/tokenize_lines"))
    parser.add_argument("--count", type=int, default=10000, help="random texts of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3, help="differences to print")
    parser.add_argument("--write", action="store_true", help="the goldens, instead of comparing")
    options = parser.parse_args()

    with open(MERGES, encoding="utf8") as file:
        merges = [tuple(line.split()) for line in file.read().splitlines() if line and not line.startswith("#version")]
    references = {"hf": transformers_tokenizer(merges, SPECIAL[1]), "openai": OpenAI(merges),
                  "hf, pad 0": transformers_tokenizer(merges, "!"), "open_clip": open_clip_tokenizer()}
    if options.write:
        return write_goldens(references, options.seed)

    stable = sample(options.count, options.seed, SPECIAL + ["<|EndOfText|>"], unchanged)
    plain = [text for text in stable if "<|" not in text]  # open_clip's special tokens have other names
    mended = sample(options.count, options.seed, REPAIRS, repaired)
    single = [f"a{c} {c}b" for characters in assigned().values() for c in characters]
    rows = [("golden", KNOWN, "hf", -1, "hf"), ("golden", KNOWN, "openai", -1, "openai"),
            ("ftfy leaves unchanged", stable, "hf", -1, "hf"),
            ("ftfy leaves unchanged", stable, "openai", -1, "openai"),
            ("ftfy leaves unchanged", stable, "hf", 0, "hf, pad 0"),
            ("without special tokens", plain, "openai", 0, "open_clip"),
            ("ftfy repairs", mended, "openai", -1, "openai"),
            ("each character", single, "hf", -1, "hf"),
            ("each character", list(filter(unchanged, single)), "openai", -1, "openai"),
            ("each character repaired", list(filter(repaired, single)), "openai", -1, "openai")]
    failed = False
    print(f"{'texts':<25} {'reference':<10} {'equal':>7} of")
    for kind, texts, mode, pad, name in rows:
        if references[name] is None:
            print(f"{kind:<25} {name:<10} not installed")
            continue
        own = ours(options.tool, texts, mode, pad)
        pairs = [(text, references[name](text), ids) for text, ids in zip(texts, own, strict=True)]
        different = [pair for pair in pairs if pair[1] != pair[2]]
        failed = failed or bool(different)
        print(f"{kind:<25} {name:<10} {len(pairs) - len(different):>7} {len(pairs)}")
        for text, reference, mine in different[:options.show]:
            print(f"    {ascii(text)}\n      reference {reference}\n      ours      {mine}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
