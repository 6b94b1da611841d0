CREATE TABLE requests (
  id TEXT PRIMARY KEY NOT NULL,
  at INTEGER NOT NULL,
  workspace TEXT NOT NULL,
  agent TEXT NOT NULL,
  session TEXT,
  operation TEXT NOT NULL,
  dialect TEXT NOT NULL,
  requested_model TEXT NOT NULL,
  provider TEXT NOT NULL,
  model TEXT NOT NULL,
  key TEXT,
  mode TEXT NOT NULL,
  stream INTEGER NOT NULL,
  bytes_in INTEGER NOT NULL,
  writer INTEGER,
  settled TEXT,
  status INTEGER,
  attempts INTEGER,
  first_byte_ms INTEGER,
  total_ms INTEGER,
  bytes_out INTEGER,
  tier TEXT,
  error TEXT,
  input INTEGER,
  cache_read INTEGER,
  cache_write_5m INTEGER,
  cache_write_1h INTEGER,
  output INTEGER,
  reasoning INTEGER,
  units TEXT,
  source TEXT,
  cost_nano INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX requests_by_time ON requests (at);
CREATE INDEX requests_open ON requests (writer) WHERE settled IS NULL;
CREATE TABLE writers (
  id INTEGER PRIMARY KEY NOT NULL,
  place TEXT NOT NULL,
  pid INTEGER NOT NULL,
  started TEXT,
  beat INTEGER NOT NULL
) STRICT;

PRAGMA user_version = 1;
INSERT INTO requests (id, at, workspace, agent, session, operation, dialect, requested_model, provider, model, key, mode, stream, bytes_in, writer, settled, status, attempts, first_byte_ms, total_ms, bytes_out, tier, error, input, cache_read, cache_write_5m, cache_write_1h, output, reasoning, units, source, cost_nano) VALUES
  ('01kaj0000000000000000000a1', 1763726400000, 'gatehouse', 'claude-code', NULL, 'generate', 'anthropic-messages', 'claude-opus-5-5', 'anthropic',
   'claude-opus-5-5', 'anthropic/work', 'relay', 1, 4000, NULL, 'done', 200, 1, 420, 3100, 9000, NULL, NULL, 3, 10, 20, 40, 550, 0, '{"webSearches":2}', 'reported', 54399000);
