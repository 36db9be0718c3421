"""Many checks from files."""
