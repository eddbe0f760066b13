#!/usr/bin/env python3
"""Checks that the configuration's schema is true: what we ship is valid, what is wrong in shape is not, and every key is documented.

Holds a small validator for the part of JSON Schema 2020-12 that config/adit.schema.json uses; a keyword it does not know is an error.
Usage: schema.py SOURCE_DIRECTORY
"""

import json
import pathlib
import re
import sys

# Wrong in meaning, which a schema does not see: names that do not exist, things that stand twice, who may reach what. All other
# files of tests/policy/bad are wrong in shape and must not be valid.
WRONG_IN_MEANING = {
    "listener-doors-twice",
    "listener-login-without-users",
    "listener-open-relay",
    "listener-open-relay-clients",
    "listener-open-relay-doors",
    "listener-open-relay-observe",
    "listener-open-relay-optional",
    "listener-socks4-with-login",
    "listener-tls-meaning",
    "listener-twice",
    "logins-bounds",
    "rule-duplicate-action",
    "rule-inner-meaning",
    "rule-listeners",
    "rule-users-without-users",
    "sets-uses",
    "tests-failing",
    "tests-names",
    "tests-users",
    "top-duplicate-key",
}

TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "null": lambda v: v is None,
}

SILENT = {"$schema", "$defs", "title", "description", "default", "examples"}


class Validator:
    def __init__(self, root):
        self.root = root

    def faults(self, schema, value, path="$"):
        """Yields one line for each way in which the value is not what the schema says."""
        for keyword, wanted in schema.items():
            if keyword in SILENT:
                continue
            check = getattr(self, "check_" + keyword.lstrip("$"), None)
            if check is None:
                raise ValueError(f"unknown keyword {keyword!r}")
            yield from check(schema, wanted, value, path)

    def is_valid(self, schema, value):
        return not any(True for _ in self.faults(schema, value))

    def check_ref(self, _, reference, value, path):
        target = self.root
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]
        yield from self.faults(target, value, path)

    def check_type(self, _, name, value, path):
        if not TYPES[name](value):
            yield f"{path}: not of type {name}"

    def check_enum(self, _, words, value, path):
        if value not in words:
            yield f"{path}: none of {words}"

    def check_pattern(self, _, pattern, value, path):
        if isinstance(value, str) and not re.search(pattern, value):
            yield f"{path}: does not match {pattern}"

    def check_minimum(self, _, least, value, path):
        if TYPES["number"](value) and value < least:
            yield f"{path}: less than {least}"

    def check_maximum(self, _, most, value, path):
        if TYPES["number"](value) and value > most:
            yield f"{path}: more than {most}"

    def check_minLength(self, _, least, value, path):
        if isinstance(value, str) and len(value) < least:
            yield f"{path}: shorter than {least}"

    def check_maxLength(self, _, most, value, path):
        if isinstance(value, str) and len(value) > most:
            yield f"{path}: longer than {most}"

    def check_minItems(self, _, least, value, path):
        if isinstance(value, list) and len(value) < least:
            yield f"{path}: fewer than {least} items"

    def check_maxItems(self, _, most, value, path):
        if isinstance(value, list) and len(value) > most:
            yield f"{path}: more than {most} items"

    def check_items(self, _, schema, value, path):
        if isinstance(value, list):
            for index, item in enumerate(value):
                yield from self.faults(schema, item, f"{path}[{index}]")

    def check_required(self, _, names, value, path):
        if isinstance(value, dict):
            for name in names:
                if name not in value:
                    yield f"{path}: {name} is missing"

    def check_minProperties(self, _, least, value, path):
        if isinstance(value, dict) and len(value) < least:
            yield f"{path}: fewer than {least} members"

    def check_maxProperties(self, _, most, value, path):
        if isinstance(value, dict) and len(value) > most:
            yield f"{path}: more than {most} members"

    def check_properties(self, _, schemas, value, path):
        if isinstance(value, dict):
            for name, schema in schemas.items():
                if name in value:
                    yield from self.faults(schema, value[name], f"{path}.{name}")

    def check_additionalProperties(self, schema, rest, value, path):
        if isinstance(value, dict):
            for name in value.keys() - schema.get("properties", {}).keys():
                if rest is False:
                    yield f"{path}: {name} is not a key here"
                else:
                    yield from self.faults(rest, value[name], f"{path}.{name}")

    def check_propertyNames(self, _, schema, value, path):
        if isinstance(value, dict):
            for name in value:
                yield from self.faults(schema, name, f"{path} ({name!r})")

    def check_anyOf(self, _, schemas, value, path):
        if not any(self.is_valid(schema, value) for schema in schemas):
            yield f"{path}: fits none of {len(schemas)} forms"

    def check_oneOf(self, _, schemas, value, path):
        fitting = sum(self.is_valid(schema, value) for schema in schemas)
        if fitting != 1:
            yield f"{path}: fits {fitting} of {len(schemas)} forms, not one"


def read(path):
    """Reads JSON with comments and trailing commas. Gives None for text that is not even that."""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return None
    text = re.sub(r'("(?:\\.|[^"\\\n])*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or " ", text, flags=re.DOTALL)
    text = re.sub(r'("(?:\\.|[^"\\\n])*")|(?<=[^\s\[{,:]),(?=\s*[\]}])', lambda m: m[1] or " ", text)
    try:
        return [json.loads(text)]
    except (json.JSONDecodeError, RecursionError):
        return None


def keys_of(schema):
    """Every key a file can hold, wherever in the schema it is defined."""
    if isinstance(schema, dict):
        for keyword, value in schema.items():
            if keyword == "properties":
                yield from value
            yield from keys_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keys_of(value)


def check_good(validator, paths):
    for path in paths:
        value = read(path)
        if value is None:
            yield f"{path}: not JSON"
            continue
        for fault in validator.faults(validator.root, value[0]):
            yield f"{path}: {fault}"


def check_bad(validator, paths):
    for path in paths:
        value = read(path)
        valid = value is not None and validator.is_valid(validator.root, value[0])
        if valid and path.stem not in WRONG_IN_MEANING:
            yield f"{path}: the schema takes it, though it is wrong"
        if not valid and path.stem in WRONG_IN_MEANING:
            yield f"{path}: the schema refuses it, though it is only wrong in meaning"


def check_documented(schema, manual):
    text = manual.read_text(encoding="utf-8")
    examples = "".join(re.findall(r"^```jsonc\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL))
    for key in sorted(set(keys_of(schema))):
        if f"`{key}`" not in text:
            yield f"{manual}: does not explain `{key}`"
        if f'"{key}":' not in examples:
            yield f'{manual}: no example holds "{key}"'


def main():
    source = pathlib.Path(sys.argv[1])
    schema = json.loads((source / "config/adit.schema.json").read_text(encoding="utf-8"))
    validator = Validator(schema)
    good = [source / "config/adit.json", *sorted((source / "config/examples").glob("*.json"))]
    bad = sorted((source / "tests/policy/bad").glob("*.json"))
    faults = [
        *check_good(validator, good),
        *check_bad(validator, bad),
        *check_documented(schema, source / "docs/policy.md"),
    ]
    for fault in faults:
        print(fault)
    print(f"{len(good)} good and {len(bad)} bad configurations, {len(faults)} faults")
    return 1 if faults or len(good) < 2 or len(bad) < 40 else 0


if __name__ == "__main__":
    sys.exit(main())
