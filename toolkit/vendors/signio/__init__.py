"""SIGNIO (Legops, Colombia): electronic signature."""
