#!/usr/bin/env python3
"""Writes ../daguerre.json: the built-in model's defaults and what it knows by name, read out of train.py's tables.

Run it after every change of those tables: python3 Models/builtin/recipe/defaults.py (standard library only).
"""
import ast
import json
import re
from pathlib import Path

recipe = Path(__file__).resolve().parent
assignments = {
    target.id: node.value
    for node in ast.parse((recipe / "train.py").read_text()).body
    if isinstance(node, ast.Assign)
    for target in node.targets
    if isinstance(target, ast.Name)
}


def table(name):
    """A literal table of train.py, or `text.split(separator)` of one."""
    node = assignments[name]
    if isinstance(node, ast.Call) and node.func.attr == "split":
        return ast.literal_eval(node.func.value).split(*map(ast.literal_eval, node.args))
    return ast.literal_eval(node)


subjects, recolourable, words = [], [], set()
for line in table("SUBJECTS").strip().splitlines():
    if line.startswith("["):
        subjects.append({"group": line.strip("[]"), "names": []})
        continue
    names = line.split(" ", 1)[1]
    colour, _, names = names.rpartition("|")
    names = [name.strip() for name in names.split(",")]
    subjects[-1]["names"].append(names[0])
    if colour:
        recolourable.append(names[0])
    words.update(names)

backgrounds = list(table("BACKGROUNDS"))
words.update(backgrounds, table("HUES"), *table("ALSO").values())
words.update(re.sub(r"{.}", " ", text) for text, _ in table("PLAIN") + table("WITH_BG"))
words.update(["a an the and next to"])

defaults = {
    "width": 128,
    "height": 128,
    "steps": 20,
    "guidance": 3.5,
    "attribution": "Trained on renderings of Noto Color Emoji, (c) Google Inc., SIL Open Font License 1.1.",
    "vocabulary": {
        "examples": ["a red apple", "a purple cat", "a dog on a blue background", "a heart and a star"],
        "subjects": subjects,
        "recolourable": recolourable,
        "colours": list(table("HUES")),
        "backgrounds": backgrounds,
        "pairs": table("PAIRED"),
        "words": sorted({word for text in words for word in re.findall(r"[a-z]+", text)}),
    },
}


def layout(value, indent=""):
    """JSON with short lists on one line, so that a diff stays readable."""
    deeper = indent + "  "
    if isinstance(value, dict):
        lines = [f"{deeper}{json.dumps(key)}: {layout(item, deeper)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(deeper + layout(item, deeper) for item in value) + f"\n{indent}]"
    return json.dumps(value, ensure_ascii=False)


(recipe.parent / "daguerre.json").write_text(layout(defaults) + "\n")
