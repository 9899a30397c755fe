# The rules of policy.yaml once more, for what is not in a cluster yet.
package kiosk

import rego.v1

deny contains {"rule": "pinned", "field": field, "message": message} if {
	some number, one in input.spec.template.spec.containers
	not pinned(one.image)
	field := sprintf("spec.template.spec.containers.%d.image", [number])
	message := sprintf("the image %s does not say which version", [one.image])
}

pinned(image) if {
	regex.match(`:[^:/]+$`, image)
	not endswith(image, ":latest")
}

deny contains {"rule": "memory", "field": field, "message": message} if {
	some number, one in input.spec.template.spec.containers
	too_much(one)
	field := sprintf("spec.template.spec.containers.%d", [number])
	message := "a container has no limit of memory, or one above 256Mi"
}

too_much(one) if not one.resources.limits.memory

too_much(one) if units.parse_bytes(one.resources.limits.memory) > 268435456
