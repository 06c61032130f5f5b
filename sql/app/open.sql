-- Whether this release may be read by anybody: it was made from made-up data, or holds nothing that is not already public.
SELECT
    r.synthetic
    OR NOT EXISTS (SELECT 1 FROM mart.value WHERE people_band IS NOT NULL OR shown = 'protected')
    AS "open"
FROM meta.release AS r
