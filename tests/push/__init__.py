"""Many rows into somebody else's system: every promise of `toolkit.push`, held against what the sandbox holds."""
