"""Which units are under strain, and which are easing: from figures to verdicts (docs/strain.md)."""

METHOD = (
    1  # of judging: raise it when the same figures may lead to other verdicts, so that the next build publishes them
)
