-- The layout of this release's tables: asked before anything else, to tell whether these pages can read it.
SELECT
    format
FROM meta.release
