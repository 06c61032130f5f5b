-- Every indicator with all that its header says, what it is drawn from, and its query. The share that agrees stands under its score.
SELECT
    indicator, title, family, definition, why_it_matters, caveats, unit, scale, better, "window" AS months_in_window, levels, refresh,
    disclosure, evidence, owner, next_review, status, front, settled_to, sources, sql
FROM meta.indicator
WHERE len($units::VARCHAR[]) > 0
  AND family <> 'agreement'
ORDER BY
    list_position(
        ['cover', 'time_and_rest', 'absence', 'staying', 'room_to_think', 'kindness', 'hinders', 'helps'], family
    ) NULLS LAST,
    lower(title)
