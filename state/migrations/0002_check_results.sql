-- What became of the conditions of the configuration in the last run: one document, as it is looked at only as a whole.

CREATE TABLE check_results (
    id      BIGINT PRIMARY KEY CHECK (id = 1),
    results TEXT NOT NULL -- JSON
);
