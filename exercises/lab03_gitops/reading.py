"""Read manifests with the lines at which they stand, and ask Rego about them."""

import json

import regorus
import yaml


class Document:
    """Hold one object of a file; line_of("spec.replicas") is the line at which a field stands."""

    def __init__(self, node):
        self.object = yaml.safe_load(yaml.serialize(node))
        self._node = node

    def line_of(self, field):
        """Return the line of a field, from 1; of what would hold it, where it is not there."""
        node, line = self._node, self._node.start_mark.line
        for step in field.split("."):
            inside = dict(entries(node))
            if step not in inside:
                break
            line, node = inside[step]
        return line + 1


def entries(node):
    """Give what is inside a node: (name or number, (line, node)) each."""
    if isinstance(node, yaml.MappingNode):
        return [(key.value, (key.start_mark.line, value)) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(str(n), (value.start_mark.line, value)) for n, value in enumerate(node.value)]
    return []


def documents(text):
    """Return the documents in a YAML text."""
    return [Document(node) for node in yaml.compose_all(text) if node.tag.endswith(":map")]


def denied(rules, one):
    """Return what rules in Rego say against an object: [{"rule":, "field":, "message":}, ...]."""
    engine = regorus.Engine()
    engine.add_policy("policy.rego", rules)
    engine.set_input_json(json.dumps(one, default=str))
    found = json.loads(engine.eval_rule_as_json("data.kiosk.deny"))
    return sorted(found, key=lambda each: (each["rule"], each["field"]))
