-- The newest format of the state: the sum of all migrations, which a test proves. For reading; it is never executed.
-- Times are RFC 3339 in UTC. Checksums are 64-bit; see src/store/checksum.rs.

-- One row for each migration that this database has gone through.
CREATE TABLE schema_migrations (
    version    BIGINT PRIMARY KEY,
    name       TEXT NOT NULL,
    checksum   TEXT NOT NULL, -- SHA-256 of the migration's text
    applied_at TEXT NOT NULL
);

-- One row: the state as a whole.
CREATE TABLE meta (
    id              BIGINT PRIMARY KEY CHECK (id = 1),
    lineage         TEXT,            -- null until the first run begins
    fingerprint_key TEXT NOT NULL,   -- 32 random bytes in hexadecimal, for fingerprints of secrets
    checksum        BIGINT NOT NULL, -- of lineage and fingerprint_key
    serial          BIGINT NOT NULL, -- grows with every run and every change of a resource or output
    epoch           BIGINT NOT NULL, -- grows with every change of the lock's holder
    content_count   BIGINT NOT NULL, -- number of rows in resources and outputs
    content_sum     BIGINT NOT NULL, -- sum of their checksums, so that a lost row is noticed
    tool_version    TEXT NOT NULL,   -- the program that wrote last
    created_at      TEXT NOT NULL
, cipher TEXT); -- form, how the key is made, the sealed data key; null: in clear

-- One row for each run that changes something.
CREATE TABLE runs (
    id           BIGINT PRIMARY KEY,
    started_at   TEXT NOT NULL,
    finished_at  TEXT,
    who          TEXT NOT NULL,
    host         TEXT NOT NULL,
    command      TEXT NOT NULL,
    commit_id    TEXT, -- Git commit of the configuration
    tool_version TEXT NOT NULL,
    plan_digest  TEXT,
    outcome      TEXT CHECK (outcome IN ('done', 'failed', 'interrupted', 'recovered')),
    created      BIGINT NOT NULL DEFAULT 0,
    updated      BIGINT NOT NULL DEFAULT 0,
    deleted      BIGINT NOT NULL DEFAULT 0,
    failed       BIGINT NOT NULL DEFAULT 0,
    skipped      BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX runs_open ON runs (id) WHERE finished_at IS NULL;

-- One row for each object.
CREATE TABLE resources (
    address               TEXT NOT NULL,
    deposed               TEXT NOT NULL DEFAULT '', -- '' for the current object of the instance
    module                TEXT NOT NULL,            -- '' for the root module
    mode                  TEXT NOT NULL CHECK (mode IN ('managed', 'data')),
    type                  TEXT NOT NULL,
    name                  TEXT NOT NULL,
    index_key             BIGINT, -- of count
    each_key              TEXT,   -- of for_each
    provider              TEXT NOT NULL,
    schema_version        BIGINT NOT NULL,
    attributes            TEXT NOT NULL, -- JSON
    sensitive             TEXT NOT NULL, -- JSON: paths, each an array of names, indexes and {"key": ...}
    dependencies          TEXT NOT NULL, -- JSON: addresses
    status                TEXT NOT NULL CHECK (status IN ('ok', 'tainted')),
    create_before_destroy BIGINT NOT NULL CHECK (create_before_destroy IN (0, 1)),
    checksum              BIGINT NOT NULL, -- of all columns above
    created_run           BIGINT REFERENCES runs (id),
    updated_run           BIGINT REFERENCES runs (id),
    PRIMARY KEY (address, deposed)
);

-- One row for each output of the root module.
CREATE TABLE outputs (
    name      TEXT PRIMARY KEY,
    value     TEXT NOT NULL, -- JSON
    type      TEXT NOT NULL, -- JSON
    sensitive BIGINT NOT NULL CHECK (sensitive IN (0, 1)),
    checksum  BIGINT NOT NULL -- of all columns above
);

-- One row for each step of a run: written before the run's first step, advanced before and after each call.
CREATE TABLE journal (
    run_id         BIGINT NOT NULL REFERENCES runs (id),
    seq            BIGINT NOT NULL,
    address        TEXT NOT NULL,
    deposed        TEXT NOT NULL DEFAULT '',
    action         TEXT NOT NULL CHECK (action IN ('create', 'update', 'delete', 'import', 'read', 'forget')),
    phase          TEXT NOT NULL CHECK (phase IN ('planned', 'begun', 'uncertain', 'done', 'failed', 'skipped')),
    identity       TEXT, -- JSON: the natural key
    request_digest TEXT,
    token          TEXT, -- client token
    planned        TEXT, -- JSON: the object as meant, without secrets
    after_steps    TEXT NOT NULL, -- JSON: numbers of the steps before
    noted          TEXT, -- JSON: identity learnt on the way
    result         TEXT,
    error          TEXT,
    attempts       BIGINT NOT NULL DEFAULT 0,
    began_at       TEXT,
    ended_at       TEXT,
    PRIMARY KEY (run_id, seq)
);
CREATE INDEX journal_open ON journal (run_id, seq) WHERE phase IN ('begun', 'uncertain');

-- One row while somebody holds the lock, none otherwise.
CREATE TABLE lock (
    id          BIGINT PRIMARY KEY CHECK (id = 1),
    epoch       BIGINT NOT NULL,
    holder      TEXT NOT NULL,
    host        TEXT NOT NULL,
    host_id     TEXT NOT NULL,
    pid         BIGINT NOT NULL,
    command     TEXT NOT NULL,
    run_id      BIGINT REFERENCES runs (id),
    acquired_at TEXT NOT NULL,
    expires_at  TEXT NOT NULL
);

CREATE TABLE check_results (
    id      BIGINT PRIMARY KEY CHECK (id = 1),
    results TEXT NOT NULL -- JSON
);
