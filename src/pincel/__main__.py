"""``python -m pincel``."""

from pincel.cli import main

if __name__ == "__main__":
    main()
