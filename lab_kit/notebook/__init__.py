"""Show a lab in Jupyter: the `%%exercise` magic, `Lab`, and panels. Decides no verdict."""
