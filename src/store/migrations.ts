import { peopleStep } from './people-step.ts'

/**
 * The numbered steps of the schema: step n (from 1) takes a database from `user_version` n-1 to n. A step that has
 * been released is never edited; a change is a new step. All times are Unix milliseconds.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE inbox (
    id INTEGER PRIMARY KEY,
    adapter TEXT NOT NULL,
    account TEXT NOT NULL,
    event TEXT NOT NULL,
    lane TEXT NOT NULL,
    address_json TEXT NOT NULL,
    author_id TEXT NOT NULL,
    author_name TEXT NOT NULL,
    text TEXT NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done')),
    -- Counted when a message that an earlier life of the program left behind begins anew.
    attempts INTEGER NOT NULL DEFAULT 0,
    UNIQUE (adapter, account, event)
  ) STRICT;
  CREATE INDEX inbox_waiting ON inbox (id) WHERE state = 'waiting';

  CREATE TABLE conversations (
    key TEXT PRIMARY KEY,
    route TEXT,
    summary TEXT NOT NULL DEFAULT '',
    -- Messages up to this id are in the summary, or were left behind by /new.
    settled_id INTEGER NOT NULL DEFAULT 0
  ) STRICT;

  CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
    text TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX messages_conversation ON messages (conversation, id);

  CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    lane TEXT NOT NULL,
    address_json TEXT NOT NULL,
    answers TEXT,
    reply_json TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'queued'
      CHECK (state IN ('queued', 'sending', 'sent', 'held', 'unknown', 'failed')),
    created_at_ms INTEGER NOT NULL,
    ended_at_ms INTEGER,
    ref TEXT,
    fault TEXT,
    why TEXT
  ) STRICT;
  CREATE INDEX outbox_open ON outbox (id) WHERE state IN ('queued', 'sending');
  CREATE INDEX outbox_held ON outbox (lane, id) WHERE state = 'held';
  CREATE INDEX outbox_troubled ON outbox (id) WHERE state IN ('unknown', 'failed');
  CREATE INDEX outbox_answers ON outbox (lane, answers) WHERE answers IS NOT NULL;

  CREATE TABLE approvals (
    id INTEGER PRIMARY KEY,
    conversation TEXT NOT NULL,
    person TEXT NOT NULL,
    -- What the person saw, whole: what is stored here is what a yes runs.
    action_json TEXT NOT NULL,
    -- The language in which it was asked, and in which it is carried out.
    language TEXT NOT NULL CHECK (language IN ('en', 'zh')),
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'used', 'withdrawn')),
    made_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    -- The newest row of the inbox when the question was asked: what came before cannot be its yes.
    asked_at_inbox_id INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX approvals_open ON approvals (conversation, person) WHERE state = 'open';

  CREATE TABLE tasks (
    id INTEGER PRIMARY KEY,
    version INTEGER NOT NULL DEFAULT 1,
    command TEXT NOT NULL,
    args_json TEXT NOT NULL,
    schedule_json TEXT NOT NULL,
    zone TEXT NOT NULL,
    person TEXT NOT NULL,
    address_json TEXT NOT NULL,
    language TEXT NOT NULL CHECK (language IN ('en', 'zh')),
    state TEXT NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'done', 'removed')),
    next_due_ms INTEGER,
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX tasks_due ON tasks (next_due_ms) WHERE state = 'active' AND next_due_ms IS NOT NULL;

  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    task_version INTEGER NOT NULL,
    due_ms INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'skipped', 'missed')),
    attempt INTEGER NOT NULL DEFAULT 0,
    started_at_ms INTEGER,
    ended_at_ms INTEGER,
    status TEXT,
    fault TEXT,
    note TEXT,
    UNIQUE (task_id, due_ms)
  ) STRICT;
  CREATE INDEX runs_open ON runs (id) WHERE state IN ('queued', 'running');
  CREATE INDEX runs_task ON runs (task_id, id);

  CREATE TABLE seen_items (
    scope TEXT NOT NULL,
    item TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (scope, item)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE model_calls (
    id INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL,
    -- The local date of its start, which is the one that it counts for: 2026-11-22.
    day TEXT NOT NULL,
    -- open: asked, and not settled yet. What is open at a start was cut by a crash.
    state TEXT NOT NULL CHECK (state IN ('open', 'done')),
    route TEXT NOT NULL,
    model TEXT,
    choice TEXT,
    -- Null where it was answered.
    fault TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    tries_json TEXT NOT NULL DEFAULT '[]',
    first_ms INTEGER,
    total_ms INTEGER,
    input_tokens INTEGER,
    output_tokens INTEGER,
    cached_tokens INTEGER,
    -- Null where it is not known, 0 where it was free.
    cost_usd REAL,
    reserved_usd REAL,
    is_estimated INTEGER NOT NULL DEFAULT 0,
    cache_hit INTEGER NOT NULL DEFAULT 0,
    person TEXT NOT NULL,
    conversation TEXT NOT NULL,
    task_id INTEGER
  ) STRICT;
  CREATE INDEX model_calls_open ON model_calls (id) WHERE state = 'open';
  CREATE INDEX model_calls_conversation ON model_calls (conversation, id);

  -- Sums of model_calls, so that /usage and the caps read no rows. task_id 0: no task; model '': not known which.
  CREATE TABLE usage_days (
    day TEXT NOT NULL,
    person TEXT NOT NULL,
    task_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    calls INTEGER NOT NULL,
    hits INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    -- What is known; the calls of which it is not are counted beside it.
    cost_usd REAL NOT NULL,
    unpriced_calls INTEGER NOT NULL,
    PRIMARY KEY (day, person, task_id, model)
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE messages ADD COLUMN calls_json TEXT;
  `,
  `
  ALTER TABLE tasks ADD COLUMN options_json TEXT NOT NULL DEFAULT '{}';
  ALTER TABLE tasks ADD COLUMN due_count INTEGER NOT NULL DEFAULT 0;
  -- Failures of its runs since the last that succeeded.
  ALTER TABLE tasks ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE tasks ADD COLUMN paused_for TEXT CHECK (paused_for IN ('failures', 'schedule'));
  CREATE INDEX tasks_person ON tasks (person, id) WHERE state IN ('active', 'paused');

  -- What a task was in each of its versions: a run names the one that it ran.
  CREATE TABLE task_versions (
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    version INTEGER NOT NULL,
    command TEXT NOT NULL,
    args_json TEXT NOT NULL,
    schedule_json TEXT NOT NULL,
    options_json TEXT NOT NULL,
    zone TEXT NOT NULL,
    address_json TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (task_id, version)
  ) STRICT, WITHOUT ROWID;
  -- What was in versions that nobody wrote down is not known; the oldest known one stands for them.
  INSERT INTO task_versions
    SELECT id, 1, command, args_json, schedule_json, options_json, zone, address_json, created_at_ms FROM tasks;

  ALTER TABLE runs RENAME TO runs_before;
  CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    task_id INTEGER NOT NULL REFERENCES tasks (id),
    task_version INTEGER NOT NULL,
    person TEXT NOT NULL,
    due_ms INTEGER NOT NULL,
    -- 1 where a person ordered it: people go before schedules.
    is_ordered INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL
      CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'skipped', 'missed', 'dead')),
    -- Jitter, quiet hours and the wait before another attempt move it on.
    ready_ms INTEGER NOT NULL,
    attempt INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0,
    -- Who claimed it, and until when without a sign of life.
    token TEXT,
    lease_until_ms INTEGER,
    started_at_ms INTEGER,
    ended_at_ms INTEGER,
    status TEXT,
    fault TEXT,
    note TEXT,
    output TEXT,
    cost_usd REAL,
    UNIQUE (task_id, due_ms)
  ) STRICT;
  -- A crash left some of them running. Their claim has run out: one without an end would hold up its task for ever.
  INSERT INTO runs (id, task_id, task_version, person, due_ms, state, ready_ms, attempt, lease_until_ms, started_at_ms,
      ended_at_ms, status, fault, note)
    SELECT b.id, b.task_id, b.task_version, t.person, b.due_ms, b.state, b.due_ms, b.attempt,
      iif(b.state = 'running', 0, NULL), b.started_at_ms, b.ended_at_ms, b.status, b.fault, b.note
    FROM runs_before b JOIN tasks t ON t.id = b.task_id ORDER BY b.id;
  DROP TABLE runs_before;
  CREATE INDEX runs_queued ON runs (is_ordered DESC, ready_ms, id) WHERE state = 'queued';
  CREATE INDEX runs_running ON runs (id) WHERE state = 'running';
  CREATE INDEX runs_open ON runs (task_id) WHERE state IN ('queued', 'running');
  CREATE INDEX runs_task ON runs (task_id, id);
  CREATE INDEX runs_person ON runs (person, id);
  CREATE INDEX runs_rare_of_task ON runs (task_id, state, id)
    WHERE state IN ('failed', 'cancelled', 'skipped', 'missed', 'dead');
  CREATE INDEX runs_rare_of_person ON runs (person, state, id)
    WHERE state IN ('failed', 'cancelled', 'skipped', 'missed', 'dead');

  ALTER TABLE outbox ADD COLUMN run_id INTEGER;
  ALTER TABLE outbox ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
  -- When its first send began; what the platform is asked for is not older.
  ALTER TABLE outbox ADD COLUMN sent_at_ms INTEGER;
  CREATE INDEX outbox_run ON outbox (run_id) WHERE run_id IS NOT NULL;

  ALTER TABLE model_calls ADD COLUMN run_id INTEGER;
  CREATE INDEX model_calls_run ON model_calls (run_id) WHERE run_id IS NOT NULL;

  CREATE INDEX seen_items_at ON seen_items (at_ms);
  `,
  peopleStep,
  `
  -- Each leave to install Moltbot in one more account of a platform is good for one.
  CREATE TABLE used_leaves (
    adapter TEXT NOT NULL,
    leave TEXT NOT NULL,
    account TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (adapter, leave)
  ) STRICT, WITHOUT ROWID;
  `,
]
