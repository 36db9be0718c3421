"""What a derivative rule must keep to in addition to its values: each check is a value, which `linter` runs."""
