-- Posts that ended, a row a post, with what its last snapshot still said of it.
-- Where a date of leaving was corrected there are two rows in the source; the later date holds.
SELECT
    gone.person,
    gone.assignment,
    gone.team,
    gone.month,
    gone.leave_date,
    gone.contracted_fte,
    coalesce(gone.contract, seen.contract, 'permanent') AS contract,
    coalesce(gone.reason, 'unknown') AS reason,
    seen.contracted_fte AS fte_last_seen,
    seen.status AS status_last_seen
FROM source.leavers AS gone
LEFT JOIN source.staff AS seen
    ON seen.assignment = gone.assignment
    AND seen.month <= gone.month
QUALIFY row_number() OVER (
    PARTITION BY gone.assignment
    ORDER BY gone.leave_date DESC, seen.month DESC NULLS LAST, gone.contracted_fte DESC, gone.team
) = 1
