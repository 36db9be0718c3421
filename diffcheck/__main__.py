"""python -m diffcheck, and the command `diffcheck`."""

from diffcheck.cli import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
