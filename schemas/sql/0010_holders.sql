-- Which processes work on which consumer, for `status`: host, pid, and when each was last seen, in milliseconds of its
-- own clock.
CREATE TABLE holders(
  consumer @text@ NOT NULL,
  holder_id @text@ NOT NULL,
  host @text@ NOT NULL,
  pid INTEGER NOT NULL,
  seen BIGINT NOT NULL,
  PRIMARY KEY(consumer, holder_id));
