-- The layout of this release's tables, and how many bytes its blocks take: asked before anything else, to tell whether these
-- pages can read it and whether all of it is there.
SELECT
    format,
    (SELECT total_blocks * block_size FROM pragma_database_size()) AS bytes
FROM meta.release
