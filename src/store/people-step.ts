/** The step of the schema that brings people, and platforms on which others than the owner write. */
export const peopleStep = `
  ALTER TABLE inbox ADD COLUMN files_json TEXT;
  -- What the person said yes to in a form.
  ALTER TABLE inbox ADD COLUMN action_json TEXT;
  CREATE INDEX inbox_author ON inbox (adapter, account, author_id, id);

  -- The author of the message that is answered.
  ALTER TABLE outbox ADD COLUMN asker TEXT;

  CREATE TABLE people (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'guest', 'blocked')),
    -- 'direct': the role counts only where nobody else reads along.
    reach TEXT NOT NULL CHECK (reach IN ('direct', 'everywhere')),
    -- The key of whoever let them in.
    by_person TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  -- Unknown people who wrote. Without a code they were only told, once, that they are not known.
  CREATE TABLE pairings (
    id INTEGER PRIMARY KEY,
    person TEXT NOT NULL,
    name TEXT NOT NULL,
    code TEXT,
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used')),
    made_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX pairings_person ON pairings (person, id);
  CREATE UNIQUE INDEX pairings_code ON pairings (code) WHERE state = 'open' AND code IS NOT NULL;

  -- What people said of answers.
  CREATE TABLE feedback (
    post_key TEXT NOT NULL,
    person TEXT NOT NULL,
    verdict TEXT NOT NULL CHECK (verdict IN ('good', 'bad')),
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (post_key, person)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX feedback_at ON feedback (at_ms);

  -- What a platform gave us when somebody installed Moltbot in an account there; data_json holds tokens.
  CREATE TABLE installations (
    adapter TEXT NOT NULL,
    account TEXT NOT NULL,
    data_json TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (adapter, account)
  ) STRICT, WITHOUT ROWID;
  `
