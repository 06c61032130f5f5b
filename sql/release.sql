-- The tables of a release: the public interface between the engine, the app and anyone with a DuckDB client.
-- `month` is the first day of the month. A value that is not shown is NULL in every column that could tell it. Rows stand in the
-- order of their columns, units first, so that what is asked of one unit is read in one place.
-- Numbers of rows that may be people (docs/disclosure.md) are to the nearest 5 from 11 on and NULL where they are few: fewer than
-- 11, or a number beside which such a one could be worked out. A source's are those of its files, of which few counts as 5.
CREATE SCHEMA meta;
CREATE SCHEMA mart;

CREATE TABLE meta.release (
    release         VARCHAR NOT NULL,       -- its id: the day it was built and a letter, 2026-11-09a
    built_at        TIMESTAMP NOT NULL,     -- UTC
    as_of           DATE NOT NULL,          -- the day from which "settled" was judged
    engine          VARCHAR NOT NULL,       -- duckdb and its version
    version         VARCHAR NOT NULL,       -- of Kinship
    format          INTEGER NOT NULL,       -- of these tables
    profile         VARCHAR NOT NULL,       -- whose rules `mart.signal` was judged by: nhsr
    settled_to      DATE,                   -- the last day of the newest month that any source has settled
    synthetic       BOOLEAN NOT NULL,
    inputs          VARCHAR NOT NULL        -- fingerprint of everything it was made of
);

CREATE TABLE meta.source (
    source          VARCHAR NOT NULL,
    title           VARCHAR NOT NULL,
    owner           VARCHAR NOT NULL,
    settled_to      DATE,                   -- last day of its newest settled month; NULL: nothing collected, or no month column
    files           INTEGER NOT NULL,
    rows_read       BIGINT,                 -- = accepted + quarantined + left out
    rows_accepted   BIGINT,
    rows_quarantined BIGINT,
    rows_left_out   BIGINT,                 -- by contract: totals rows, equal repeats
    complete_after_days INTEGER NOT NULL,
    published       BOOLEAN NOT NULL        -- already public before it came here
);

CREATE TABLE meta.file (
    source          VARCHAR,                -- NULL: no source expects a file of this name
    file            VARCHAR NOT NULL,
    arrived         TIMESTAMP NOT NULL,     -- UTC
    outcome         VARCHAR NOT NULL,       -- accepted, refused
    sentence        VARCHAR NOT NULL,       -- what happened, in plain words
    rows_read       BIGINT,
    rows_accepted   BIGINT,
    rows_quarantined BIGINT,
    rows_left_out   BIGINT,
    from_month      DATE,
    to_month        DATE,
    replaced        BOOLEAN NOT NULL,       -- a later file has taken the place of all its months
    set_aside       STRUCT(heading VARCHAR, reason VARCHAR, "rows" BIGINT)[] NOT NULL   -- quarantined and left out, by reason
);

CREATE TABLE meta.expectation (
    source          VARCHAR NOT NULL,
    file            VARCHAR NOT NULL,
    expectation     VARCHAR NOT NULL,       -- Great Expectations' own name
    about           VARCHAR NOT NULL,       -- in words: "Every Unit is filled in"
    severity        VARCHAR NOT NULL,       -- critical, warning, info
    status          VARCHAR NOT NULL,       -- passed, failed, error, not applicable
    unexpected      BIGINT,                 -- rows
    why             VARCHAR                 -- what is feared
);

CREATE TABLE meta.unknown_name (
    source          VARCHAR NOT NULL,
    name            VARCHAR NOT NULL,       -- a unit as the extract calls it, which no reference or crosswalk knows
    "rows"          BIGINT
);

CREATE TABLE meta.indicator (
    indicator       VARCHAR NOT NULL,
    title           VARCHAR NOT NULL,
    family          VARCHAR NOT NULL,       -- cover, time_and_rest, absence, staying, room_to_think, kindness, hinders, helps
    definition      VARCHAR NOT NULL,
    why_it_matters  VARCHAR NOT NULL,
    caveats         VARCHAR NOT NULL,
    unit            VARCHAR NOT NULL,       -- of the value: "%", "hours per patient day"
    scale           DOUBLE NOT NULL,        -- value = scale × numerator / denominator
    better          VARCHAR NOT NULL,       -- lower, higher, neither
    "window"        INTEGER NOT NULL,       -- months
    levels          VARCHAR[] NOT NULL,     -- team, above
    refresh         VARCHAR NOT NULL,       -- monthly, quarterly, wave (when a survey has closed)
    disclosure      VARCHAR NOT NULL,       -- A, B
    evidence        VARCHAR NOT NULL,
    owner           VARCHAR NOT NULL,
    next_review     DATE NOT NULL,
    status          VARCHAR NOT NULL,       -- draft, live, retired
    front           BOOLEAN NOT NULL,       -- among those shown first
    place           INTEGER,                -- of a survey's construct: its place in the circle, or among hindrances or helps
    beside          VARCHAR[] NOT NULL,     -- of a construct: the indicators that measure a condition it speaks of
    settled_to      DATE,                   -- last day; read out of its sources: the later of the published and the others
    sources         VARCHAR[] NOT NULL,     -- read out of the SQL
    sql             VARCHAR NOT NULL,
    harder          VARCHAR NOT NULL,       -- what may be making it harder, in a sentence; '' where no condition is counted
    hindrance       VARCHAR NOT NULL,       -- human, hard_to_respond, troubled_teams, specialisation, bureaucracy, leaders, society
    could_help      VARCHAR NOT NULL,       -- what could help, in a sentence
    help            VARCHAR NOT NULL,       -- support, team, services, leadership, management
    lever           VARCHAR NOT NULL,       -- who holds it: team, service, organisation, beyond_us
    lever_is        VARCHAR NOT NULL,       -- what it is: rota template
    counts          VARCHAR NOT NULL DEFAULT '',       -- hours, duties, rosters, posts, absences, departures, illness, people, answers; '': not said
    part_of         VARCHAR[] NOT NULL DEFAULT [],     -- indicators whose numerators bound this one's
    told_in         VARCHAR NOT NULL DEFAULT 'rates' -- rates, posts (steps of whole posts), bands (steps of at least ten people)
);

CREATE TABLE meta.unit (                    -- a row for each spell under one parent
    unit            VARCHAR NOT NULL,
    title           VARCHAR NOT NULL,
    level           VARCHAR NOT NULL,       -- team, division, organisation, ics, region, country …
    parent          VARCHAR,
    from_month      DATE NOT NULL,
    to_month        DATE                    -- NULL: still so
);

CREATE TABLE meta.pool (                    -- which units are shown together, as a unit of its own: "Smaller teams in …"
    family          VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,       -- working, part, leaving, banded, sensitive (docs/disclosure.md)
    indicators      VARCHAR[] NOT NULL,     -- of which they are
    unit            VARCHAR NOT NULL,
    pool            VARCHAR NOT NULL,
    from_month      DATE NOT NULL,
    to_month        DATE
);

CREATE TABLE meta.disclosure (              -- what protecting people costs: figures that are not already public, all months
    family          VARCHAR NOT NULL,
    kind            VARCHAR NOT NULL,       -- working, part, leaving, banded, sensitive (docs/disclosure.md)
    level           VARCHAR NOT NULL,
    figures         BIGINT NOT NULL,        -- = shown + pooled + hidden
    shown           BIGINT NOT NULL,
    pooled          BIGINT NOT NULL,        -- shown within "Smaller teams in …"
    hidden          BIGINT NOT NULL         -- shown at a level above only
);

CREATE TABLE meta.setting (                 -- settings that protect people less than the defaults do; empty as a rule
    setting         VARCHAR NOT NULL,
    "value"         VARCHAR NOT NULL,
    default_value   VARCHAR NOT NULL
);

CREATE TABLE meta.event (
    unit            VARCHAR NOT NULL,
    month           DATE NOT NULL,
    kind            VARCHAR NOT NULL,
    what            VARCHAR NOT NULL
);

CREATE TABLE meta.coverage (                -- of sources that have a row of every team in every month
    source          VARCHAR NOT NULL,
    unit            VARCHAR NOT NULL,
    month           DATE NOT NULL,
    state           VARCHAR NOT NULL        -- full; few: less than half of its usual rows. No row: nothing of that month
);

CREATE TABLE meta.agreement (               -- where two sources contradict each other, of the whole organisation
    month           DATE NOT NULL,
    kind            VARCHAR NOT NULL,
    what            VARCHAR NOT NULL,       -- in words, after a number of people
    why             VARCHAR NOT NULL,       -- what may lie behind it
    people          BIGINT,                 -- rounded to 5; NULL: fewer than 11, or none
    looked_at       BIGINT                  -- rounded to 5; NULL: fewer than 11
);

CREATE TABLE meta.unit_name (               -- what each system calls a unit
    system          VARCHAR NOT NULL,
    name            VARCHAR NOT NULL,
    unit            VARCHAR NOT NULL
);

CREATE TABLE meta.fact (                    -- the queries between sources and indicators
    fact            VARCHAR NOT NULL,
    reads           VARCHAR[] NOT NULL,     -- source.<source> and core.<fact>
    sql             VARCHAR NOT NULL
);

CREATE TABLE mart.value (
    unit            VARCHAR NOT NULL,
    indicator       VARCHAR NOT NULL,
    month           DATE NOT NULL,
    numerator       DOUBLE,
    denominator     DOUBLE,
    value           DOUBLE,
    low             DOUBLE,
    high            DOUBLE,
    people_band     VARCHAR,                -- 11–15 … 101+; NULL: not shown, or already public
    shown           VARCHAR NOT NULL,       -- yes, protected, no_data, not_collected, poor_quality
    settled         BOOLEAN NOT NULL
);

CREATE TABLE mart.signal (                  -- settled months of indicators whose window is one month
    unit            VARCHAR NOT NULL,
    indicator       VARCHAR NOT NULL,
    month           DATE NOT NULL,
    mean            DOUBLE,
    lower           DOUBLE,                 -- NULL in mean, lower and upper: no limits, `limits` says why
    upper           DOUBLE,
    segment         INTEGER,                -- 0, and one more from each re-base on; mean and limits belong to one segment
    fixed_after     INTEGER,                -- months of a segment that its limits rest on; NULL: all of them
    target          DOUBLE,                 -- the one that applies to this month; NULL: none
    rule            VARCHAR,                -- outside, trend, two_of_three, run; NULL: none
    moved           VARCHAR,                -- up, down; NULL with no rule
    verdict         VARCHAR NOT NULL,       -- concern, improvement, change, common_cause, not_judged
    since           DATE,                   -- the first month of the unbroken stretch that this rule flags
    months          INTEGER,                -- how many months that stretch has so far
    one_side        BOOLEAN,                -- whether all of them lie on one side of the mean
    assurance       VARCHAR,                -- pass, fail, inconsistent; NULL: no target
    limits          VARCHAR NOT NULL        -- given, short (under 13 points), constant, rarely_changes
);

CREATE TABLE mart.prime (                   -- limits that know how small the denominators are, beside those of mart.signal
    unit            VARCHAR NOT NULL,
    indicator       VARCHAR NOT NULL,
    month           DATE NOT NULL,
    method          VARCHAR NOT NULL,       -- p_prime: of a share; u_prime: of a rate
    centre          DOUBLE,
    lower           DOUBLE,                 -- NULL where nothing, or everything, happened in every month
    upper           DOUBLE
);

CREATE TABLE mart.strain (                  -- no row: nothing can be said of that unit and month yet
    unit            VARCHAR NOT NULL,
    month           DATE NOT NULL,          -- each as it was said then, with nothing later
    verdict         VARCHAR NOT NULL,       -- clear_strain, likely_strain, not_clear, steady, likely_easing, clear_easing
    since           DATE NOT NULL,          -- when the change began or, with none, since when this has been said
    because         VARCHAR[] NOT NULL      -- the indicators that make it so; none without strain or easing
);

CREATE TABLE mart.shared (                  -- what all teams did together beyond season: nobody's own strain
    indicator       VARCHAR NOT NULL,
    month           DATE NOT NULL,          -- from the third year on
    moved           VARCHAR NOT NULL        -- up, down, no
);

-- Surveys. A wave is called by the first day of the month in which it closed; scores stand in mart.value, a construct being an
-- indicator (circle.trust), with the interval in which the true mean lies (95 % or more: rounded outward) as low and high. The
-- share that agrees (circle.trust.agree) is the middle of a step; low and high are the ends of the interval of the whole step.

CREATE TABLE meta.survey (
    survey          VARCHAR NOT NULL,       -- its source
    kind            VARCHAR NOT NULL,       -- answers (sheets, scored here), results (published by others)
    title           VARCHAR NOT NULL,
    validated       BOOLEAN NOT NULL,       -- whether its wording has been shown to measure what it says
    note            VARCHAR NOT NULL        -- said on every view of it
);

CREATE TABLE meta.question (
    survey          VARCHAR NOT NULL,
    question        VARCHAR NOT NULL,
    place           INTEGER NOT NULL,
    wording         VARCHAR NOT NULL,
    indicator       VARCHAR NOT NULL,       -- the construct it speaks to
    reversed        BOOLEAN NOT NULL        -- agreeing means less of it; of results: lower is better
);

CREATE TABLE mart.wave (                    -- of which something is shown
    unit            VARCHAR NOT NULL,
    wave            DATE NOT NULL,
    survey          VARCHAR NOT NULL,
    opened          DATE NOT NULL,
    closed          DATE NOT NULL,
    response        VARCHAR,                -- in bands; NULL: not known how many were asked
    caution         BOOLEAN NOT NULL        -- under 40 % answered, or it is not known
);

CREATE TABLE mart.score (                   -- what is said of a score that is shown
    unit            VARCHAR NOT NULL,
    indicator       VARCHAR NOT NULL,
    wave            DATE NOT NULL,
    few             BOOLEAN NOT NULL,       -- under 30 answered: interval first, point in outline, no distribution
    benchmark       DOUBLE,                 -- the organisation's score in the same wave; NULL: it is the organisation, or not shown
    stands          VARCHAR,                -- above, below, with it, once drawn towards it by how few answered
    before          DATE,                   -- the wave it is compared with; NULL: none, another survey, or other teams
    moved           DOUBLE,                 -- points since then
    moved_low       DOUBLE,
    moved_high      DOUBLE,
    called          VARCHAR                 -- up, down, none: named if the interval leaves out 0 and it is half a point or more
);

CREATE TABLE mart.answer (                  -- survey distributions that may be shown: of 30 people or more
    survey          VARCHAR NOT NULL,
    wave            DATE NOT NULL,
    unit            VARCHAR NOT NULL,
    construct       VARCHAR NOT NULL,       -- the indicator
    answer          VARCHAR NOT NULL,       -- positive, between, negative
    share           DOUBLE                  -- per cent
);

CREATE TABLE mart.frame (                   -- pressure beside kindness, in words
    unit            VARCHAR NOT NULL,
    wave            DATE NOT NULL,
    frame           VARCHAR NOT NULL,       -- stretched_holding, stretched_fraying, steady_kind, steady_other, not_clear
    pressure        VARCHAR NOT NULL,       -- strain, steady, not_clear: of the three months before the wave's midpoint
    kindness        VARCHAR NOT NULL,       -- holding, thin, not_clear: against the organisation in the same wave
    chance          INTEGER,                -- so read at least 50, 80, 90 or 95 of 100 cases; NULL: pressure is not clear
    from_month      DATE NOT NULL,
    to_month        DATE NOT NULL,
    because         VARCHAR[] NOT NULL      -- the indicators that were under strain in those months
);

CREATE TABLE mart.lead (                    -- over all teams together: what goes with pressure so many months before
    outcome         VARCHAR NOT NULL,       -- kindness, or an indicator of absence
    lag             INTEGER NOT NULL,       -- months from pressure to outcome; below 0: pressure comes after
    correlation     DOUBLE,                 -- of ranks, each team against its own usual
    low             DOUBLE,                 -- such that all lags together hold in 95 of 100 cases
    high            DOUBLE
);

CREATE TABLE mart.lead_reading (
    outcome         VARCHAR NOT NULL,
    reading         VARCHAR NOT NULL,       -- before, together, after, nothing, too_few
    lag             INTEGER,                -- where it is strongest; NULL: nothing to see
    team_count      INTEGER NOT NULL,       -- how many could be used
    points          INTEGER NOT NULL        -- months or waves of theirs
);

CREATE TABLE mart.survey_result (           -- published by others, each question in its own way: never added up, never compared with ours
    survey          VARCHAR NOT NULL,
    unit            VARCHAR NOT NULL,
    month           DATE NOT NULL,          -- the first of the survey's year
    question        VARCHAR NOT NULL,
    value           DOUBLE NOT NULL,        -- per cent
    answered        BIGINT                  -- NULL: not published
);
