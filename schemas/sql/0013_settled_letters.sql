-- When the letter was waived or closed, by the clock of the process that did it, so that a view as of an earlier time
-- sees it as it was. Nothing reads it for other states. NULL: settled before this was kept, which counts as settled
-- from the start.
ALTER TABLE dead_letters ADD COLUMN settled_at BIGINT;
