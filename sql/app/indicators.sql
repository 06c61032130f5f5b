-- What is measured and what it means, family by family in the order leaders read them.
SELECT
    indicator, title, family, definition, why_it_matters, caveats, unit, better, "window" AS months_in_window,
    refresh, front, evidence, owner, next_review, settled_to, harder, hindrance, could_help, help, lever, lever_is
FROM meta.indicator
WHERE status = 'live'
  AND len($units::VARCHAR[]) > 0
ORDER BY
    list_position(
        ['cover', 'time_and_rest', 'absence', 'staying', 'room_to_think', 'kindness', 'hinders', 'helps'], family
    ) NULLS LAST,
    lower(title)
