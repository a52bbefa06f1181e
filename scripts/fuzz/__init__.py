"""Coverage-guided fuzzing of whatever reads what strangers send; ``python scripts/fuzz/run.py --help``."""
